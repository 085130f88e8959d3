data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  sealing_key_arn = coalesce(var.existing.sealing_key_arn, one(aws_kms_key.sealing[*].arn))
}

# Client secrets are sealed under keys derived from this one. Without it no client's signature can be checked any more,
# and it cannot be exported: hence both locks.
resource "aws_kms_key" "sealing" {
  count = var.existing.sealing_key_arn == null ? 1 : 0

  description              = "Latchkey ${var.name}: the keys that seal client secrets are derived from it"
  customer_master_key_spec = "HMAC_256"
  key_usage                = "GENERATE_VERIFY_MAC"
  multi_region             = var.multi_region_key
  deletion_window_in_days  = 30
  tags                     = var.tags

  # The account decides through IAM who uses and who manages it: the functions by their roles, operators by theirs.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ThisAccountByItsOwnPolicies"
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "sealing" {
  count = length(aws_kms_key.sealing)

  name          = "alias/${var.name}-sealing"
  target_key_id = aws_kms_key.sealing[0].key_id
}
