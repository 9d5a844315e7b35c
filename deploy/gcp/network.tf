# VPC, one subnet, NAT for packages: no machine has an address of its own on the internet.

resource "google_compute_network" "venue" {
  name                    = var.name
  auto_create_subnetworks = false
  routing_mode            = "REGIONAL"
}

resource "google_compute_subnetwork" "venue" {
  name                     = var.name
  network                  = google_compute_network.venue.id
  region                   = var.region
  ip_cidr_range            = var.network_range
  private_ip_google_access = true
}

resource "google_compute_router" "venue" {
  name    = var.name
  network = google_compute_network.venue.id
  region  = var.region
}

resource "google_compute_router_nat" "venue" {
  name                               = var.name
  router                             = google_compute_router.venue.name
  region                             = var.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

# The firewall goes by service account, so that a new machine is covered before it has a name.
# 8080 orders, 9090 HTTP of ingress, 9091 of settlement, 9092 to 9094 of matchers.

resource "google_compute_firewall" "traders" {
  name                    = "${var.name}-traders"
  description             = "Order entry"
  network                 = google_compute_network.venue.id
  source_ranges           = var.trader_ranges
  target_service_accounts = [google_service_account.role["ingress"].email]

  allow {
    protocol = "tcp"
    ports    = ["8080"]
  }

  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

resource "google_compute_firewall" "admins_ingress" {
  name                    = "${var.name}-admins-ingress"
  description             = "Signed frames, health and metrics of ingress"
  network                 = google_compute_network.venue.id
  source_ranges           = var.admin_ranges
  target_service_accounts = [google_service_account.role["ingress"].email]

  allow {
    protocol = "tcp"
    ports    = ["9090"]
  }
}

resource "google_compute_firewall" "admins_settlement" {
  name                    = "${var.name}-admins-settlement"
  description             = "Dashboard, queries and stream of settlement"
  network                 = google_compute_network.venue.id
  source_ranges           = var.admin_ranges
  target_service_accounts = [google_service_account.role["settlement"].email]

  allow {
    protocol = "tcp"
    ports    = ["9091"]
  }
}

resource "google_compute_firewall" "internal" {
  name          = "${var.name}-internal"
  description   = "The services among each other, and with Redis"
  network       = google_compute_network.venue.id
  source_ranges = [var.network_range]

  allow {
    protocol = "tcp"
  }

  allow {
    protocol = "udp"
  }

  allow {
    protocol = "icmp"
  }
}

resource "google_compute_firewall" "health_checks" {
  name        = "${var.name}-health-checks"
  description = "Google's health checks, which come from these two ranges"
  network     = google_compute_network.venue.id
  source_ranges = [
    "35.191.0.0/16",
    "130.211.0.0/22",
  ]

  allow {
    protocol = "tcp"
    ports    = ["9090-9094"]
  }
}

resource "google_compute_firewall" "iap_ssh" {
  name          = "${var.name}-iap-ssh"
  description   = "SSH through Identity-Aware Proxy, for people with the right to"
  network       = google_compute_network.venue.id
  source_ranges = ["35.235.240.0/20"]

  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
}
