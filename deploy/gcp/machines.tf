# What the machines of all roles have in common: image, startup and shutdown script, metadata.

locals {
  image = var.runtime == "systemd" ? "projects/debian-cloud/global/images/family/debian-12" : "projects/cos-cloud/global/images/family/cos-stable"

  # Secrets are not here: whoever reads a machine's metadata reads all of this.
  metadata = {
    clob-runtime           = var.runtime
    clob-config-bucket     = google_storage_bucket.config.name
    clob-config-generation = google_storage_bucket_object.config.generation
    clob-release           = var.release.version
    clob-release-sha256    = var.release.sha256
    clob-registry          = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.name}"
    clob-redis-addr        = local.redis_addr
    clob-redis-ca          = local.redis_ca
    clob-redis-secret      = var.redis_product == "redis" ? google_secret_manager_secret.venue["redis-password"].secret_id : ""
    clob-export-bucket     = google_storage_bucket.export.name
    clob-heads-bucket      = google_storage_bucket.heads.name
    enable-oslogin         = "TRUE"
    block-project-ssh-keys = "TRUE"
    startup-script         = file("${path.module}/startup.sh")
    shutdown-script        = file("${path.module}/shutdown.sh")
  }
}

# Ingress and matchers talk to each other through Redis only, but both wait for the same packets:
# close together in one zone. `vm_count` stays unset, or all would have to start at once. E2 machines
# cannot be placed so, hence settlement is not in it; nothing on an order's way waits for it.
resource "google_compute_resource_policy" "compact" {
  count  = var.placement == "compact" ? 1 : 0
  name   = "${var.name}-compact"
  region = var.region

  group_placement_policy {
    collocation = "COLLOCATED"
  }
}
