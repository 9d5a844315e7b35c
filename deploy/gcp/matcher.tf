# Matchers: one machine per entry of `matcher_shards`, each with a name and shards of its own that
# it keeps through repair. Which of the two machines of a shard matches is decided by the lease in the
# log, not here; a machine that comes back follows.

resource "google_compute_region_instance_template" "matcher" {
  name_prefix       = "${var.name}-matcher-"
  region            = var.region
  machine_type      = var.matcher_machine_type
  resource_policies = google_compute_resource_policy.compact[*].id
  metadata          = merge(local.metadata, { clob-role = "matcher" })

  # One thread per core: a matcher's core is its own.
  advanced_machine_features {
    threads_per_core = 1
  }

  disk {
    source_image = local.image
    boot         = true
    auto_delete  = true
    disk_type    = "pd-balanced"
    disk_size_gb = 50
  }

  network_interface {
    subnetwork = google_compute_subnetwork.venue.id
    nic_type   = "GVNIC"
  }

  scheduling {
    on_host_maintenance = "MIGRATE"
    automatic_restart   = true
  }

  service_account {
    email  = google_service_account.role["matcher"].email
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

resource "google_compute_health_check" "matcher_alive" {
  name                = "${var.name}-matcher-alive"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 1
  unhealthy_threshold = 6

  http_health_check {
    port         = 9092
    request_path = "/healthz"
  }
}

resource "google_compute_instance_group_manager" "matcher" {
  name               = "${var.name}-matcher"
  zone               = var.zone
  base_instance_name = "${var.name}-matcher"
  target_size        = 0

  version {
    instance_template = google_compute_region_instance_template.matcher.self_link
  }

  # A snapshot may be old: replay takes its time (docs/CAPACITY.md).
  auto_healing_policies {
    health_check      = google_compute_health_check.matcher_alive.id
    initial_delay_sec = 600
  }

  # One at a time, in place, when an operator says so: the other machine of each shard takes over.
  update_policy {
    type                  = "OPPORTUNISTIC"
    minimal_action        = "REPLACE"
    replacement_method    = "RECREATE"
    max_surge_fixed       = 0
    max_unavailable_fixed = 1
  }

  instance_lifecycle_policy {
    force_update_on_repair = "YES"
  }

  # The configs below make the machines, by name.
  lifecycle {
    ignore_changes = [target_size]
  }
}

resource "google_compute_per_instance_config" "matcher" {
  for_each                         = var.matcher_shards
  name                             = "${var.name}-matcher-${each.key}"
  zone                             = var.zone
  instance_group_manager           = google_compute_instance_group_manager.matcher.name
  minimal_action                   = "REFRESH"
  remove_instance_on_destroy       = true
  remove_instance_state_on_destroy = true

  preserved_state {
    metadata = {
      clob-shards = join(",", each.value)
    }
  }
}
