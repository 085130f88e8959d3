output "<key>_key_arn" {
  description = "ARN of the key in KMS from which the keys that seal <seals> are derived, for <variable>."
  value       = local.key_arns.<name>
}

