data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # generated: arns of keys
  key_arns = {
    clients  = coalesce(var.existing.sealing_key_arn, one(aws_kms_key.sealing[*].arn))
    pages    = coalesce(var.existing.pages_key_arn, one(aws_kms_key.pages[*].arn))
    requests = coalesce(var.existing.requests_key_arn, one(aws_kms_key.requests[*].arn))
  }
  # end of arns of keys

  # The account decides through IAM who uses and who manages a key: the functions by their roles, operators by theirs.
  key_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ThisAccountByItsOwnPolicies"
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

# What a set of functions seals is sealed under keys derived from the set's key. Without that of the client secrets no client's
# signature can be checked any more, and it cannot be exported: hence both locks.
# generated: keys
resource "aws_kms_key" "sealing" {
  count = var.existing.sealing_key_arn == null ? 1 : 0

  description              = "Latchkey ${var.name}: the keys that seal client secrets are derived from it"
  customer_master_key_spec = "HMAC_256"
  key_usage                = "GENERATE_VERIFY_MAC"
  multi_region             = var.multi_region_key
  deletion_window_in_days  = 30
  tags                     = var.tags
  policy                   = local.key_policy

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "sealing" {
  count = length(aws_kms_key.sealing)

  name          = "alias/${var.name}-sealing"
  target_key_id = aws_kms_key.sealing[0].key_id
}

resource "aws_kms_key" "pages" {
  count = var.existing.pages_key_arn == null ? 1 : 0

  description              = "Latchkey ${var.name}: the keys that seal sessions, forms, known browsers, second factors, secrets of providers and the pseudonyms of the log are derived from it"
  customer_master_key_spec = "HMAC_256"
  key_usage                = "GENERATE_VERIFY_MAC"
  multi_region             = var.multi_region_key
  deletion_window_in_days  = 30
  tags                     = var.tags
  policy                   = local.key_policy

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "pages" {
  count = length(aws_kms_key.pages)

  name          = "alias/${var.name}-pages"
  target_key_id = aws_kms_key.pages[0].key_id
}

resource "aws_kms_key" "requests" {
  count = var.existing.requests_key_arn == null ? 1 : 0

  description              = "Latchkey ${var.name}: the keys that seal authorization requests that clients push are derived from it"
  customer_master_key_spec = "HMAC_256"
  key_usage                = "GENERATE_VERIFY_MAC"
  multi_region             = var.multi_region_key
  deletion_window_in_days  = 30
  tags                     = var.tags
  policy                   = local.key_policy

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "requests" {
  count = length(aws_kms_key.requests)

  name          = "alias/${var.name}-requests"
  target_key_id = aws_kms_key.requests[0].key_id
}
# end of keys
