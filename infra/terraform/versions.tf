terraform {
  # The tests need 1.11: mocks that give their values while planning.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # Both majors. The examples' lock files have the exact version that the rehearsal applies.
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}
