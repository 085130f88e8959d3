# The tables hold what cannot be made again, so three locks keep them: Terraform's, DynamoDB's, and 35 days of recovery.
#
# A stand-by region is added beside Terraform, with a replica and the stream that feeds it. To take these away again is an
# update in place, which no lock stops, so Terraform does not look at them.

locals {
  table_arn = "arn:${data.aws_partition.current.partition}:dynamodb:${local.region}:${data.aws_caller_identity.current.account_id}:table"

  # Where a table is given, its ARN is made of its name; where it is ours, its own ARN lets what needs it wait for it.
  tables = {
    clients = {
      name = coalesce(var.existing.clients_table, one(aws_dynamodb_table.clients[*].name))
      arn  = try(aws_dynamodb_table.clients[0].arn, "${local.table_arn}/${var.existing.clients_table}")
    }
    tokens = {
      name = coalesce(var.existing.tokens_table, one(aws_dynamodb_table.tokens[*].name))
      arn  = try(aws_dynamodb_table.tokens[0].arn, "${local.table_arn}/${var.existing.tokens_table}")
    }
    users = {
      name = coalesce(var.existing.users_table, one(aws_dynamodb_table.users[*].name))
      arn  = try(aws_dynamodb_table.users[0].arn, "${local.table_arn}/${var.existing.users_table}")
    }
  }

  # Apart from those above: no function's role names it.
  audit_table = coalesce(var.existing.audit_table, one(aws_dynamodb_table.audit[*].name))
}

resource "aws_dynamodb_table" "clients" {
  count = var.existing.clients_table == null ? 1 : 0

  name                        = "${var.name}-clients"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "client_id"
  deletion_protection_enabled = var.deletion_protection
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
    ignore_changes  = [replica, stream_enabled, stream_view_type]
  }
}

resource "aws_dynamodb_table" "tokens" {
  count = var.existing.tokens_table == null ? 1 : 0

  name                        = "${var.name}-tokens"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "grant_id"
  range_key                   = "part"
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  attribute {
    name = "grant_id"
    type = "S"
  }

  attribute {
    name = "part"
    type = "S"
  }

  attribute {
    name = "holder"
    type = "B"
  }

  attribute {
    name = "created_at"
    type = "N"
  }

  # A user's grants, for the page of applications and operators' commands. Only grants by consent have a holder.
  global_secondary_index {
    name            = "holder"
    hash_key        = "holder"
    range_key       = "created_at"
    projection_type = "KEYS_ONLY"
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
    ignore_changes  = [replica, stream_enabled, stream_view_type]
  }
}

resource "aws_dynamodb_table" "users" {
  count = var.existing.users_table == null ? 1 : 0

  name                        = "${var.name}-users"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "institution_id"
  range_key                   = "username"
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  attribute {
    name = "institution_id"
    type = "S"
  }

  attribute {
    name = "username"
    type = "S"
  }

  # Of the counters of sign-in attempts. Users have no such attribute.
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
    ignore_changes  = [replica, stream_enabled, stream_view_type]
  }
}

# Who changed what by the operator's commands.
resource "aws_dynamodb_table" "audit" {
  count = var.existing.audit_table == null ? 1 : 0

  name                        = "${var.name}-audit"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "day"
  range_key                   = "moment"
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  attribute {
    name = "day"
    type = "S"
  }

  attribute {
    name = "moment"
    type = "S"
  }

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
    ignore_changes  = [replica, stream_enabled, stream_view_type]
  }
}
