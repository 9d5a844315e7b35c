# Where, how many, who may. Everything that has a sane default has one; terraform.tfvars.example
# shows what has not.

variable "project" {
  description = "Project that holds the venue."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project id has 6 to 30 of a-z, 0-9 and -, and begins with a letter."
  }
}

variable "region" {
  description = "Region of everything."
  type        = string
  default     = "europe-west4"
}

variable "zone" {
  description = "Zone of all machines: a placement policy and the guide ask for one."
  type        = string
  default     = "europe-west4-b"

  validation {
    condition     = startswith(var.zone, "${var.region}-")
    error_message = "The zone must lie in the region."
  }
}

variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "clob"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.name))
    error_message = "2 to 16 of a-z, 0-9 and -, beginning with a letter."
  }
}

variable "labels" {
  description = "Labels of everything that takes labels."
  type        = map(string)
  default     = { system = "clob" }
}

variable "network_range" {
  description = "Addresses of the venue's machines."
  type        = string
  default     = "10.64.0.0/20"

  validation {
    condition     = can(cidrhost(var.network_range, 0))
    error_message = "A range such as 10.64.0.0/20."
  }
}

variable "trader_ranges" {
  description = "Where traders connect from: order entry on 8080."
  type        = list(string)

  validation {
    condition     = length(var.trader_ranges) > 0 && alltrue([for r in var.trader_ranges : can(cidrhost(r, 0)) && r != "0.0.0.0/0"])
    error_message = "At least one range such as 10.1.0.0/16, and never 0.0.0.0/0."
  }
}

variable "admin_ranges" {
  description = "Where operators connect from: HTTP of ingress (9090) and of settlement (9091)."
  type        = list(string)

  validation {
    condition     = length(var.admin_ranges) > 0 && alltrue([for r in var.admin_ranges : can(cidrhost(r, 0)) && r != "0.0.0.0/0"])
    error_message = "At least one range such as 10.2.0.0/24, and never 0.0.0.0/0."
  }
}

variable "global_access" {
  description = "Whether clients in other regions of the same network reach the load balancer."
  type        = bool
  default     = false
}

variable "runtime" {
  description = "systemd: executables under units on Debian. container: the images on Container-Optimized OS."
  type        = string
  default     = "systemd"

  validation {
    condition     = contains(["systemd", "container"], var.runtime)
    error_message = "systemd or container."
  }
}

variable "release" {
  description = "What the machines run: the directory of dist/ in the config bucket, and the SHA-256 of its SHA256SUMS. With runtime = container the tag of the images."
  type = object({
    version = string
    sha256  = string
  })

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.release.sha256)) && can(regex("^[A-Za-z0-9._+-]{1,64}$", var.release.version))
    error_message = "version: 1 to 64 of letters, digits and ._+-; sha256: 64 hex digits of SHA256SUMS."
  }
}

variable "config_file" {
  description = "The venue's config.toml; it is uploaded, and machines fetch exactly that generation."
  type        = string
  default     = ""
}

variable "redis_product" {
  description = "valkey: Memorystore for Valkey, with replicas that WAIT counts (D3). redis: Memorystore for Redis as the guide names it. It has no append-only file and replicates asynchronously: a failover can lose acknowledged orders (D0)."
  type        = string
  default     = "valkey"

  validation {
    condition     = contains(["valkey", "redis"], var.redis_product)
    error_message = "valkey or redis."
  }
}

variable "valkey" {
  description = "Nodes of Memorystore for Valkey. docs/CAPACITY.md says how many."
  type = object({
    shards   = number
    replicas = number
    node     = string
    version  = string
  })
  default = {
    shards   = 5
    replicas = 1
    node     = "HIGHMEM_XLARGE"
    version  = "VALKEY_8_0"
  }

  validation {
    condition     = var.valkey.shards >= 1 && var.valkey.replicas >= 1 && var.valkey.replicas <= 5
    error_message = "At least one shard, and 1 to 5 replicas: D3 counts on a replica."
  }
}

variable "redis_memory_gb" {
  description = "Memory of Memorystore for Redis, if redis_product is redis: the log between two trims."
  type        = number
  default     = 200

  validation {
    condition     = var.redis_memory_gb >= 5 && var.redis_memory_gb <= 300
    error_message = "5 to 300."
  }
}

variable "ingress" {
  description = "The ingress fleet: smallest and largest number of machines, and the share of CPU at which it grows."
  type = object({
    machine_type = string
    min          = number
    max          = number
    cpu          = number
  })
  default = {
    machine_type = "c3d-standard-180"
    min          = 2
    max          = 3
    cpu          = 0.6
  }

  validation {
    condition     = var.ingress.min >= 2 && var.ingress.max >= var.ingress.min && var.ingress.cpu > 0.1 && var.ingress.cpu <= 0.9
    error_message = "At least two machines, max not below min, cpu between 0.1 and 0.9."
  }
}

variable "matcher_machine_type" {
  description = "Machine of the matchers."
  type        = string
  default     = "c3-highcpu-8"
}

variable "matcher_shards" {
  description = "Shards of each matcher machine, by the machine's name. Each shard stands on two machines: whoever holds the lease matches, the other follows."
  type        = map(list(number))
  default = {
    m01 = [1, 2]
    m02 = [2, 3]
    m03 = [3, 4]
    m04 = [4, 5]
    m05 = [5, 6]
    m06 = [6, 7]
    m07 = [7, 8]
    m08 = [8, 9]
    m09 = [9, 10]
    m10 = [10, 1]
  }

  validation {
    condition     = alltrue([for s in distinct(flatten(values(var.matcher_shards))) : length([for t in flatten(values(var.matcher_shards)) : t if t == s]) == 2])
    error_message = "Each shard must stand on exactly two machines: one matches, one is its standby."
  }

  validation {
    condition     = alltrue([for shards in values(var.matcher_shards) : length(distinct(shards)) == length(shards) && length(shards) <= 3])
    error_message = "A machine takes each shard once, and at most three: it has four cores, one of which is the system's."
  }
}

variable "settlement_machine_type" {
  description = "Machine of the settlement pair."
  type        = string
  default     = "e2-standard-4"
}

variable "placement" {
  description = "compact: ingress and matchers close together. none: where the zone has no room for that."
  type        = string
  default     = "compact"

  validation {
    condition     = contains(["compact", "none"], var.placement)
    error_message = "compact or none."
  }
}

variable "session_drain_s" {
  description = "Seconds that an ingress machine which leaves keeps its sessions."
  type        = number
  default     = 60

  validation {
    condition     = var.session_drain_s >= 15 && var.session_drain_s <= 3600
    error_message = "15 to 3600."
  }
}

variable "export_retention_days" {
  description = "Days for which no object of the export can be deleted or replaced by anybody."
  type        = number
  default     = 365

  validation {
    condition     = var.export_retention_days >= 1
    error_message = "One day or more."
  }
}

variable "export_readers" {
  description = "Who may read the export, such as group:auditors@example.com. allUsers makes it public."
  type        = list(string)
  default     = []
}

variable "alert_email" {
  description = "Who is told of alerts. Empty: nobody, the alerts are only shown."
  type        = string
  default     = ""
}
