# Ingress: machines that take TCP sessions and verify signatures, as many as CPU asks for, behind
# one address.

resource "google_compute_region_instance_template" "ingress" {
  name_prefix       = "${var.name}-ingress-"
  region            = var.region
  machine_type      = var.ingress.machine_type
  resource_policies = google_compute_resource_policy.compact[*].id
  metadata          = merge(local.metadata, { clob-role = "ingress" })

  disk {
    source_image = local.image
    boot         = true
    auto_delete  = true
    disk_type    = "pd-balanced"
    disk_size_gb = 20
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
    email  = google_service_account.role["ingress"].email
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

resource "google_compute_health_check" "ingress_alive" {
  name                = "${var.name}-ingress-alive"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 1
  unhealthy_threshold = 6

  http_health_check {
    port         = 9090
    request_path = "/healthz"
  }
}

resource "google_compute_instance_group_manager" "ingress" {
  name               = "${var.name}-ingress"
  zone               = var.zone
  base_instance_name = "${var.name}-ingress"

  version {
    instance_template = google_compute_region_instance_template.ingress.self_link
  }

  named_port {
    name = "orders"
    port = 8080
  }

  # Long enough for genesis and the markets to be read; a Redis that is away is no reason to begin anew.
  auto_healing_policies {
    health_check      = google_compute_health_check.ingress_alive.id
    initial_delay_sec = 300
  }

  # One machine more before one less: sessions of the old one are told, and log on to another.
  update_policy {
    type                  = "PROACTIVE"
    minimal_action        = "REPLACE"
    max_surge_fixed       = 1
    max_unavailable_fixed = 0
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_autoscaler" "ingress" {
  name   = "${var.name}-ingress"
  zone   = var.zone
  target = google_compute_instance_group_manager.ingress.id

  autoscaling_policy {
    min_replicas    = var.ingress.min
    max_replicas    = var.ingress.max
    cooldown_period = 120

    cpu_utilization {
      target = var.ingress.cpu
    }

    # A TCP session does not move by itself, so machines leave slowly.
    scale_in_control {
      time_window_sec = 1800

      max_scaled_in_replicas {
        fixed = 1
      }
    }
  }
}

# The traders' address: internal, passed through, so that ingress sees who connects.

resource "google_compute_address" "orders" {
  name         = "${var.name}-orders"
  region       = var.region
  subnetwork   = google_compute_subnetwork.venue.id
  address_type = "INTERNAL"
  purpose      = "SHARED_LOADBALANCER_VIP"
}

resource "google_compute_region_health_check" "ingress_ready" {
  name                = "${var.name}-ingress-ready"
  region              = var.region
  check_interval_sec  = 2
  timeout_sec         = 2
  healthy_threshold   = 1
  unhealthy_threshold = 2

  http_health_check {
    port         = 9090
    request_path = "/readyz"
  }
}

# TCP connections stay where they are though their machine is not ready any more (the default for
# TCP): it may only be draining.
resource "google_compute_region_backend_service" "orders" {
  name                            = "${var.name}-orders"
  region                          = var.region
  protocol                        = "TCP"
  load_balancing_scheme           = "INTERNAL"
  health_checks                   = [google_compute_region_health_check.ingress_ready.id]
  session_affinity                = "NONE"
  connection_draining_timeout_sec = var.session_drain_s

  backend {
    group          = google_compute_instance_group_manager.ingress.instance_group
    balancing_mode = "CONNECTION"
  }
}

resource "google_compute_forwarding_rule" "orders" {
  name                  = "${var.name}-orders"
  region                = var.region
  network               = google_compute_network.venue.id
  subnetwork            = google_compute_subnetwork.venue.id
  ip_address            = google_compute_address.orders.id
  ip_protocol           = "TCP"
  load_balancing_scheme = "INTERNAL"
  backend_service       = google_compute_region_backend_service.orders.id
  ports                 = ["8080", "9090"]
  allow_global_access   = var.global_access
}
