# Alerts from deploy/prometheus/rules.yml, over the metrics that the Ops Agent collects; who is told;
# a dashboard; and log lines of severity ERROR counted.

locals {
  rules = { for rule in yamldecode(file("${path.module}/../prometheus/rules.yml")).groups[0].rules : rule.alert => rule }
}

resource "google_monitoring_notification_channel" "email" {
  count        = var.alert_email == "" ? 0 : 1
  display_name = "${var.name} operators"
  type         = "email"
  labels       = { email_address = var.alert_email }
}

resource "google_monitoring_alert_policy" "rule" {
  for_each              = local.rules
  display_name          = "${var.name} ${each.key}"
  combiner              = "OR"
  severity              = each.value.labels.severity == "page" ? "CRITICAL" : "WARNING"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = each.key

    condition_prometheus_query_language {
      query               = each.value.expr
      duration            = each.value.for == "0m" ? "0s" : "${60 * tonumber(trimsuffix(each.value.for, "m"))}s"
      evaluation_interval = "30s"
      rule_group          = "clob"
      alert_rule          = each.key
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "${each.value.annotations.summary} See ${each.key} in docs/RUNBOOK.md."
  }
}

resource "google_logging_metric" "errors" {
  name        = "${var.name}-errors"
  description = "Log lines of a service with severity error"
  filter      = "severity>=ERROR AND jsonPayload.service=(\"ingress-verifier\" OR \"market-matcher\" OR \"settlement-plane\")"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"

    labels {
      key        = "service"
      value_type = "STRING"
    }
  }

  label_extractors = {
    service = "EXTRACT(jsonPayload.service)"
  }
}

locals {
  panels = [
    { title = "Orders into the log, per second", query = "sum(rate(clob_ingress_frames_admitted_total[1m]))" },
    { title = "Records waiting for a matcher", query = "sum by (shard) (clob_ingress_unmatched_records)" },
    { title = "Settlement behind the matcher, records", query = "min by (shard) (clob_settlement_lag_records)" },
    { title = "Age of the newest checkpoint, seconds", query = "min by (shard) (clob_settlement_checkpoint_age_seconds)" },
  ]
}

resource "google_monitoring_dashboard" "venue" {
  dashboard_json = jsonencode({
    displayName = "${var.name} venue"
    mosaicLayout = {
      columns = 12
      tiles = [for i, panel in local.panels : {
        xPos   = (i % 2) * 6
        yPos   = floor(i / 2) * 4
        width  = 6
        height = 4
        widget = {
          title   = panel.title
          xyChart = { dataSets = [{ timeSeriesQuery = { prometheusQuery = panel.query } }] }
        }
      }]
    }
  })
}
