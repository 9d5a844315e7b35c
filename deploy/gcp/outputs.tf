output "orders_address" {
  description = "Where traders connect."
  value       = "${google_compute_address.orders.address}:8080"
}

output "redis_addr" {
  description = "REDIS_ADDR of the services, and of `clob init` on a machine inside the network."
  value       = local.redis_addr
}

output "config_bucket" {
  description = "Bucket of config.toml and of releases: put dist/ at releases/VERSION/ before the machines start."
  value       = google_storage_bucket.config.name
}

output "config_generation" {
  description = "Generation of config.toml that new machines fetch."
  value       = google_storage_bucket_object.config.generation
}

output "export_bucket" {
  description = "Bucket of the export, for verifiers."
  value       = google_storage_bucket.export.name
}

output "heads_bucket" {
  description = "Bucket of the newest notes and pointers, for verifiers."
  value       = google_storage_bucket.heads.name
}

output "registry" {
  description = "Where images are pushed, if runtime is container."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.name}"
}

output "secrets_to_fill" {
  description = "Secrets that an operator gives a version after `clob init`."
  value       = [for name in ["checkpoint-key", "carry-key"] : google_secret_manager_secret.venue[name].secret_id]
}
