resource "aws_kms_key" "<key>" {
  count = var.existing.<key>_key_arn == null ? 1 : 0

  description              = "Latchkey ${var.name}: the keys that seal <seals> are derived from it"
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

resource "aws_kms_alias" "<key>" {
  count = length(aws_kms_key.<key>)

  name          = "alias/${var.name}-<key>"
  target_key_id = aws_kms_key.<key>[0].key_id
}

