# Three buckets: what machines fetch, what settlement publishes for ever, and the heads that move.

resource "google_storage_bucket" "config" {
  name                        = "${var.project}-${var.name}-config"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  # A generation that a machine still starts from must not vanish: 30 newer ones, and a year.
  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      num_newer_versions         = 30
      days_since_noncurrent_time = 365
    }
  }
}

resource "google_storage_bucket_object" "config" {
  bucket       = google_storage_bucket.config.name
  name         = "config.toml"
  source       = var.config_file == "" ? "${path.module}/config.toml" : var.config_file
  content_type = "application/toml"
}

resource "google_storage_bucket_iam_member" "config_reader" {
  for_each = local.roles
  bucket   = google_storage_bucket.config.name
  role     = "roles/storage.objectViewer"
  member   = google_service_account.role[each.key].member
}

# The export. Its objects have deterministic names and bytes, so they are only ever created:
# settlement may create and read, never replace or delete, and until the retention ends nobody may.
resource "google_storage_bucket" "export" {
  name                        = "${var.project}-${var.name}-export"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = contains(var.export_readers, "allUsers") ? "inherited" : "enforced"

  versioning {
    enabled = true
  }

  retention_policy {
    retention_period = tostring(var.export_retention_days * 24 * 3600)
    is_locked        = false
  }

  lifecycle {
    prevent_destroy = true
  }
}

# Notes and pointers name what is newest and are replaced by compare-and-set. To replace an object
# is to delete it in Google's eyes, so they lie in a bucket of their own, without retention.
resource "google_storage_bucket" "heads" {
  name                        = "${var.project}-${var.name}-heads"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = contains(var.export_readers, "allUsers") ? "inherited" : "enforced"

  versioning {
    enabled = true
  }
}

resource "google_storage_bucket_iam_member" "export_writer" {
  for_each = toset(["roles/storage.objectCreator", "roles/storage.objectViewer"])
  bucket   = google_storage_bucket.export.name
  role     = each.key
  member   = google_service_account.role["settlement"].member
}

resource "google_storage_bucket_iam_member" "heads_writer" {
  bucket = google_storage_bucket.heads.name
  role   = "roles/storage.objectUser"
  member = google_service_account.role["settlement"].member
}

# A matcher or an ingress that was away for long reads what the log no longer has.
resource "google_storage_bucket_iam_member" "export_recovery" {
  for_each = { for pair in setproduct(["ingress", "matcher"], ["export", "heads"]) : "${pair[0]} ${pair[1]}" => pair }
  bucket   = each.value[1] == "export" ? google_storage_bucket.export.name : google_storage_bucket.heads.name
  role     = "roles/storage.objectViewer"
  member   = google_service_account.role[each.value[0]].member
}

resource "google_storage_bucket_iam_member" "export_reader" {
  for_each = { for pair in setproduct(var.export_readers, ["export", "heads"]) : "${pair[0]} ${pair[1]}" => pair }
  bucket   = each.value[1] == "export" ? google_storage_bucket.export.name : google_storage_bucket.heads.name
  role     = "roles/storage.objectViewer"
  member   = each.value[0]
}
