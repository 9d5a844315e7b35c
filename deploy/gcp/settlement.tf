# The settlement pair: both execute and compare everything, one publishes. Two machines, always.

resource "google_compute_region_instance_template" "settlement" {
  name_prefix  = "${var.name}-settlement-"
  region       = var.region
  machine_type = var.settlement_machine_type
  metadata = merge(local.metadata, {
    clob-role           = "settlement"
    clob-ingress        = "${google_compute_address.orders.address}:9090"
    clob-checkpoint-key = google_secret_manager_secret.venue["checkpoint-key"].secret_id
    clob-carry-key      = google_secret_manager_secret.venue["carry-key"].secret_id
  })

  disk {
    source_image = local.image
    boot         = true
    auto_delete  = true
    disk_type    = "pd-balanced"
    disk_size_gb = 200
  }

  network_interface {
    subnetwork = google_compute_subnetwork.venue.id
  }

  scheduling {
    on_host_maintenance = "MIGRATE"
    automatic_restart   = true
  }

  service_account {
    email  = google_service_account.role["settlement"].email
    scopes = ["cloud-platform"]
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_health_check" "settlement_alive" {
  name                = "${var.name}-settlement-alive"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 1
  unhealthy_threshold = 6

  http_health_check {
    port         = 9091
    request_path = "/healthz"
  }
}

resource "google_compute_instance_group_manager" "settlement" {
  name               = "${var.name}-settlement"
  zone               = var.zone
  base_instance_name = "${var.name}-settlement"
  target_size        = 2

  version {
    instance_template = google_compute_region_instance_template.settlement.self_link
  }

  auto_healing_policies {
    health_check      = google_compute_health_check.settlement_alive.id
    initial_delay_sec = 900
  }

  # Never both at once.
  update_policy {
    type                  = "PROACTIVE"
    minimal_action        = "REPLACE"
    max_surge_fixed       = 1
    max_unavailable_fixed = 0
  }
}
