# No access log: CloudFront's would hold the query, and with it refresh tokens and codes.

locals {
  cdn = var.cdn == null ? 0 : 1

  # Policies that AWS keeps, with the same ids in every account. The second forwards the whole query and every header but
  # Host, so Authorization too.
  caching_disabled               = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
  all_viewer_except_host_headers = "b689b0a8-53d0-40ab-baf2-68738e2966ac"

  # What the CDN sends, and what the functions ask for. The state has these, and no plan shows them. A blank follows, so that the
  # functions do not start with an empty value.
  cdn_values    = var.cdn == null ? {} : jsondecode(data.aws_secretsmanager_secret_version.cdn[0].secret_string)
  proxy_secrets = try(var.cdn.only, false) ? "${join(" ", [for key in compact([var.cdn.secret_key, var.cdn.secret_key_too]) : local.cdn_values[key]])} " : ""
}

data "aws_secretsmanager_secret_version" "cdn" {
  count = local.cdn

  secret_id = var.cdn.secret
}

resource "aws_cloudfront_function" "refresh" {
  count = local.cdn

  # CloudFront has no region, so the name must tell it.
  name    = "${var.name}-${local.region}-refresh"
  comment = "Sends refreshes to the function refresh"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = file("${path.module}/cdn/refresh.js")
}

resource "aws_cloudfront_distribution" "cdn" {
  count = local.cdn

  enabled         = true
  comment         = "Latchkey ${var.name}"
  is_ipv6_enabled = true
  http_version    = "http2and3"
  aliases         = var.cdn.aliases
  web_acl_id      = var.cdn.web_acl_arn
  tags            = var.tags

  origin {
    origin_id   = "api"
    domain_name = trimprefix(aws_apigatewayv2_api.api.api_endpoint, "https://")

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }

    # In the place of a visitor's header of this name.
    custom_header {
      name  = "X-Latchkey-Proxy"
      value = local.cdn_values[var.cdn.secret_key]
    }
  }

  default_cache_behavior {
    target_origin_id         = "api"
    viewer_protocol_policy   = "https-only"
    allowed_methods          = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cached_methods           = ["GET", "HEAD"]
    cache_policy_id          = local.caching_disabled
    origin_request_policy_id = local.all_viewer_except_host_headers
    compress                 = false

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.refresh[0].arn
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.cdn.certificate_arn == null
    acm_certificate_arn            = var.cdn.certificate_arn
    ssl_support_method             = var.cdn.certificate_arn == null ? null : "sni-only"
    minimum_protocol_version       = var.cdn.certificate_arn == null ? null : "TLSv1.2_2021"
  }
}

resource "aws_route53_record" "cdn" {
  for_each = {
    for record in setproduct(try(var.cdn.zone_id, null) == null ? [] : var.cdn.aliases, ["A", "AAAA"]) :
    "${record[0]} ${record[1]}" => { name = record[0], type = record[1] }
  }

  zone_id = var.cdn.zone_id
  name    = each.value.name
  type    = each.value.type

  alias {
    name                   = aws_cloudfront_distribution.cdn[0].domain_name
    zone_id                = aws_cloudfront_distribution.cdn[0].hosted_zone_id
    evaluate_target_health = false
  }
}
