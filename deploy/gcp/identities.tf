# One service account per role, each with what it needs and no more. No key of an account is made.

locals {
  roles = toset(["ingress", "matcher", "settlement"])

  # What a machine of any role does to its project: writes log lines and metrics.
  common_grants = { for pair in setproduct(local.roles, ["roles/logging.logWriter", "roles/monitoring.metricWriter"]) :
    "${pair[0]} ${pair[1]}" => { role = pair[0], grant = pair[1] }
  }

  # Who reads which secret: settlement alone signs checkpoints and carries.
  secret_readers = merge(
    { for name in ["checkpoint-key", "carry-key"] : "settlement ${name}" => { role = "settlement", secret = name } },
    var.redis_product == "redis" ? { for role in local.roles : "${role} redis-password" => { role = role, secret = "redis-password" } } : {},
  )
}

resource "google_service_account" "role" {
  for_each     = local.roles
  account_id   = "${var.name}-${each.key}"
  display_name = "CLOB ${each.key}"
}

resource "google_project_iam_member" "common" {
  for_each = local.common_grants
  project  = var.project
  role     = each.value.grant
  member   = google_service_account.role[each.value.role].member
}

# The private halves never pass through Terraform: an operator adds a version to each of the first
# two with `gcloud secrets versions add` after `clob init`. Terraform would keep them in its state.
resource "google_secret_manager_secret" "venue" {
  for_each  = toset(concat(["checkpoint-key", "carry-key"], var.redis_product == "redis" ? ["redis-password"] : []))
  secret_id = "${var.name}-${each.key}"

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each  = local.secret_readers
  secret_id = google_secret_manager_secret.venue[each.value.secret].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.role[each.value.role].member
}

resource "google_artifact_registry_repository" "images" {
  repository_id = var.name
  location      = var.region
  format        = "DOCKER"
  description   = "Images of Dockerfile.ingress, Dockerfile.matcher and Dockerfile.settlement"

  docker_config {
    immutable_tags = true
  }
}

resource "google_artifact_registry_repository_iam_member" "puller" {
  for_each   = local.roles
  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.role[each.key].member
}
