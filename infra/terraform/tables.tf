# Both tables hold what cannot be made again, so three locks keep them: Terraform's, DynamoDB's, and 35 days of recovery.

resource "aws_dynamodb_table" "clients" {
  name                        = "${var.name}-clients"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "client_id"
  deletion_protection_enabled = true
  tags                        = var.tags

  attribute {
    name = "client_id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  # The account's own key alias/aws/dynamodb: whoever may use the table needs no permission on it.
  server_side_encryption {
    enabled = true
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_dynamodb_table" "tokens" {
  name                        = "${var.name}-tokens"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "grant_id"
  range_key                   = "part"
  deletion_protection_enabled = true
  tags                        = var.tags

  attribute {
    name = "grant_id"
    type = "S"
  }

  attribute {
    name = "part"
    type = "S"
  }

  # Nothing else deletes from this table: no function may.
  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }

  lifecycle {
    prevent_destroy = true
  }
}
