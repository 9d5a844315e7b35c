# CLOB on Google Cloud: the owner's guide as Terraform. docs/DEPLOY.md says which sentence of it is
# which resource, and what was tested of it without a cloud. One venue in one zone of one project.

terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.50, < 8.0"
    }
  }
}

provider "google" {
  project = var.project
  region  = var.region
  zone    = var.zone

  default_labels = var.labels
}
