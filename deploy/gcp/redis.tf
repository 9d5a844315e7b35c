# The log. Memorystore for Valkey, in the venue's region: replicas that WAIT counts, an append-only
# file, nothing evicted. `redis_product = "redis"` gives the product that the guide names instead.

resource "google_network_connectivity_service_connection_policy" "valkey" {
  count         = var.redis_product == "valkey" ? 1 : 0
  name          = "${var.name}-valkey"
  location      = var.region
  service_class = "gcp-memorystore"
  network       = google_compute_network.venue.id

  psc_config {
    subnetworks = [google_compute_subnetwork.venue.id]
  }
}

resource "google_memorystore_instance" "log" {
  count                       = var.redis_product == "valkey" ? 1 : 0
  instance_id                 = "${var.name}-log"
  location                    = var.region
  mode                        = "CLUSTER"
  engine_version              = var.valkey.version
  node_type                   = var.valkey.node
  shard_count                 = var.valkey.shards
  replica_count               = var.valkey.replicas
  authorization_mode          = "AUTH_DISABLED"
  transit_encryption_mode     = "SERVER_AUTHENTICATION"
  deletion_protection_enabled = true

  # A log that forgets is none. The default of Memorystore is volatile-lru.
  engine_configs = {
    maxmemory-policy = "noeviction"
  }

  persistence_config {
    mode = "AOF"

    aof_config {
      append_fsync = "ALWAYS"
    }
  }

  # Replicas of a node stand in other zones; primaries are wanted near the matchers, which this
  # product does not promise. Take it into account when the hop is measured.
  zone_distribution_config {
    mode = "MULTI_ZONE"
  }

  desired_auto_created_endpoints {
    network    = google_compute_network.venue.id
    project_id = var.project
  }

  maintenance_policy {
    weekly_maintenance_window {
      day = "SUNDAY"

      start_time {
        hours = 4
      }
    }
  }

  depends_on = [google_network_connectivity_service_connection_policy.valkey]
}

# The guide's product. What it can lose: it has snapshots and no append-only file, and its replica
# follows asynchronously, so a failover may drop orders that were acknowledged. The services find
# that out and halt the shard; only what the export holds is safe then. Its D3 needs WAIT, which
# `market-matcher --check` probes.
resource "google_redis_instance" "log" {
  count                   = var.redis_product == "redis" ? 1 : 0
  name                    = "${var.name}-log"
  region                  = var.region
  location_id             = var.zone
  tier                    = "STANDARD_HA"
  memory_size_gb          = var.redis_memory_gb
  redis_version           = "REDIS_7_2"
  authorized_network      = google_compute_network.venue.id
  connect_mode            = "PRIVATE_SERVICE_ACCESS"
  auth_enabled            = true
  transit_encryption_mode = "SERVER_AUTHENTICATION"

  redis_configs = {
    maxmemory-policy = "noeviction"
  }

  depends_on = [google_service_networking_connection.services]
}

resource "google_compute_global_address" "services" {
  count         = var.redis_product == "redis" ? 1 : 0
  name          = "${var.name}-services"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
  network       = google_compute_network.venue.id
}

resource "google_service_networking_connection" "services" {
  count                   = var.redis_product == "redis" ? 1 : 0
  network                 = google_compute_network.venue.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services[0].name]
}

# The password of Memorystore for Redis is made by Google, so it stands in Terraform's state anyway.
resource "google_secret_manager_secret_version" "redis_password" {
  count       = var.redis_product == "redis" ? 1 : 0
  secret      = google_secret_manager_secret.venue["redis-password"].id
  secret_data = google_redis_instance.log[0].auth_string
}

locals {
  valkey_connections = flatten([for endpoint in flatten(google_memorystore_instance.log[*].endpoints) : endpoint.connections])
  valkey_addresses   = distinct([for connection in local.valkey_connections : connection.psc_auto_connection[0].ip_address])
  valkey_ca          = flatten([for ca in flatten(google_memorystore_instance.log[*].managed_server_ca) : [for cert in ca.ca_certs : cert.certificates]])

  redis_addr = var.redis_product == "valkey" ? "rediss://${local.valkey_addresses[0]}:6379" : "rediss://${google_redis_instance.log[0].host}:${google_redis_instance.log[0].port}"
  redis_ca   = var.redis_product == "valkey" ? join("\n", local.valkey_ca) : join("\n", google_redis_instance.log[0].server_ca_certs[*].cert)
}
