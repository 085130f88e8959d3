variable "name" {
  description = "Name of the deployment. Tables, functions, roles, logs and alarms begin with it."
  type        = string
  default     = "latchkey"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 32 lower-case letters, digits and hyphens, with a letter first and no hyphen last."
  }
}

variable "tags" {
  description = "Tags of every resource that takes tags."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(var.tags) <= 50 && alltrue([for key, value in var.tags : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", key)) && !startswith(lower(key), "aws:") && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$", value))])
    error_message = "tags must be at most 50, with keys of 1 to 128 and values of at most 256 letters, digits, blanks and _.:/=+@-, and no key that begins with aws:."
  }
}

# The roles

variable "permissions_boundary" {
  description = "ARN of the policy that is the permissions boundary of every role."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9_+=,.@/-]{1,512}$", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of an IAM policy."
  }
}

variable "role_path" {
  description = "Path of every role. Another path makes new roles."
  type        = string
  default     = "/"

  validation {
    condition     = can(regex("^/([A-Za-z0-9_+=,.@-]+/)*$", var.role_path)) && length(var.role_path) <= 256
    error_message = "role_path must begin and end with a slash, with letters, digits and _+=,.@- between slashes, and have at most 256 characters."
  }
}

# The functions

variable "architecture" {
  description = "Processor of the functions, which the zip files must be built for: arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

# generated: variables of packages
variable "packages" {
  description = "Where the zip files of the functions are, as a release has them (FUNCTION-ARCHITECTURE.zip): a folder here, or s3://BUCKET/PREFIX in the region of the deployment. A folder may also be what cargo lambda made (FUNCTION/bootstrap.zip)."
  type        = string
  default     = null

  validation {
    condition     = alltrue([for function, package in { issue = var.issue_package, refresh = var.refresh_package, authorize = var.authorize_package, introspect = var.introspect_package, revoke = var.revoke_package, authorizer = var.authorizer_package } : package != null || try(startswith(var.packages, "s3://"), false) || try(fileexists("${var.packages}/${function}-${var.architecture}.zip"), false) || try(fileexists("${var.packages}/${function}/bootstrap.zip"), false)])
    error_message = "packages has no zip file of some function. Set it to a folder with a release's zips, to the folder in which cargo lambda put a folder for each function (cargo lambda build --release --arm64 --output-format zip), or to s3://BUCKET/PREFIX."
  }

  validation {
    condition     = !try(startswith(var.packages, "s3:"), false) || can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/]+)*$", var.packages))
    error_message = "packages must be s3://BUCKET or s3://BUCKET/PREFIX, without a final slash."
  }
}

variable "issue_package" {
  description = "Path of the zip file of the function issue, in place of the one that packages has: a file named bootstrap, built for the architecture."
  type        = string
  default     = null

  validation {
    condition     = var.issue_package == null ? true : fileexists(var.issue_package)
    error_message = "issue_package names no file. Build it first: cargo lambda build --release --arm64 --output-format zip."
  }
}

variable "refresh_package" {
  description = "Path of the zip file of the function refresh, in place of the one that packages has: a file named bootstrap, built for the architecture."
  type        = string
  default     = null

  validation {
    condition     = var.refresh_package == null ? true : fileexists(var.refresh_package)
    error_message = "refresh_package names no file. Build it first: cargo lambda build --release --arm64 --output-format zip."
  }
}

variable "authorize_package" {
  description = "Path of the zip file of the function authorize, in place of the one that packages has: a file named bootstrap, built for the architecture."
  type        = string
  default     = null

  validation {
    condition     = var.authorize_package == null ? true : fileexists(var.authorize_package)
    error_message = "authorize_package names no file. Build it first: cargo lambda build --release --arm64 --output-format zip."
  }
}

variable "introspect_package" {
  description = "Path of the zip file of the function introspect, in place of the one that packages has: a file named bootstrap, built for the architecture."
  type        = string
  default     = null

  validation {
    condition     = var.introspect_package == null ? true : fileexists(var.introspect_package)
    error_message = "introspect_package names no file. Build it first: cargo lambda build --release --arm64 --output-format zip."
  }
}

variable "revoke_package" {
  description = "Path of the zip file of the function revoke, in place of the one that packages has: a file named bootstrap, built for the architecture."
  type        = string
  default     = null

  validation {
    condition     = var.revoke_package == null ? true : fileexists(var.revoke_package)
    error_message = "revoke_package names no file. Build it first: cargo lambda build --release --arm64 --output-format zip."
  }
}

variable "authorizer_package" {
  description = "Path of the zip file of the function authorizer, in place of the one that packages has: a file named bootstrap, built for the architecture."
  type        = string
  default     = null

  validation {
    condition     = var.authorizer_package == null ? true : fileexists(var.authorizer_package)
    error_message = "authorizer_package names no file. Build it first: cargo lambda build --release --arm64 --output-format zip."
  }
}

# end of variables of packages

variable "memory_size" {
  description = "Memory of each function except authorize, in MB. A function's share of a CPU grows with it."
  type        = number
  default     = 256

  validation {
    condition     = var.memory_size >= 128 && var.memory_size <= 10240 && floor(var.memory_size) == var.memory_size
    error_message = "memory_size must be a whole number of MB, 128 to 10240."
  }
}

variable "authorize_memory_size" {
  description = "Memory of the function authorize, in MB. A password takes 19 MiB and some 15 ms of a whole CPU."
  type        = number
  default     = 512

  validation {
    condition     = var.authorize_memory_size >= 128 && var.authorize_memory_size <= 10240 && floor(var.authorize_memory_size) == var.authorize_memory_size
    error_message = "authorize_memory_size must be a whole number of MB, 128 to 10240."
  }
}

# generated: variables of concurrency
variable "issue_reserved_concurrency" {
  description = "Concurrent executions reserved for, and the most allowed to, the function issue. -1 reserves none, 0 stops it."
  type        = number
  default     = -1

  validation {
    condition     = var.issue_reserved_concurrency >= -1 && floor(var.issue_reserved_concurrency) == var.issue_reserved_concurrency
    error_message = "issue_reserved_concurrency must be -1 (none reserved) or a whole number from 0."
  }
}

variable "refresh_reserved_concurrency" {
  description = "Concurrent executions reserved for, and the most allowed to, the function refresh. -1 reserves none, 0 stops it."
  type        = number
  default     = -1

  validation {
    condition     = var.refresh_reserved_concurrency >= -1 && floor(var.refresh_reserved_concurrency) == var.refresh_reserved_concurrency
    error_message = "refresh_reserved_concurrency must be -1 (none reserved) or a whole number from 0."
  }
}

variable "authorize_reserved_concurrency" {
  description = "Concurrent executions reserved for, and the most allowed to, the function authorize. -1 reserves none, 0 stops it."
  type        = number
  default     = -1

  validation {
    condition     = var.authorize_reserved_concurrency >= -1 && floor(var.authorize_reserved_concurrency) == var.authorize_reserved_concurrency
    error_message = "authorize_reserved_concurrency must be -1 (none reserved) or a whole number from 0."
  }
}

variable "introspect_reserved_concurrency" {
  description = "Concurrent executions reserved for, and the most allowed to, the function introspect. -1 reserves none, 0 stops it."
  type        = number
  default     = -1

  validation {
    condition     = var.introspect_reserved_concurrency >= -1 && floor(var.introspect_reserved_concurrency) == var.introspect_reserved_concurrency
    error_message = "introspect_reserved_concurrency must be -1 (none reserved) or a whole number from 0."
  }
}

variable "revoke_reserved_concurrency" {
  description = "Concurrent executions reserved for, and the most allowed to, the function revoke. -1 reserves none, 0 stops it."
  type        = number
  default     = -1

  validation {
    condition     = var.revoke_reserved_concurrency >= -1 && floor(var.revoke_reserved_concurrency) == var.revoke_reserved_concurrency
    error_message = "revoke_reserved_concurrency must be -1 (none reserved) or a whole number from 0."
  }
}

variable "authorizer_reserved_concurrency" {
  description = "Concurrent executions reserved for, and the most allowed to, the function authorizer. -1 reserves none, 0 stops it."
  type        = number
  default     = -1

  validation {
    condition     = var.authorizer_reserved_concurrency >= -1 && floor(var.authorizer_reserved_concurrency) == var.authorizer_reserved_concurrency
    error_message = "authorizer_reserved_concurrency must be -1 (none reserved) or a whole number from 0."
  }
}

# end of variables of concurrency

variable "live_versions" {
  description = "Published versions that the alias live points to, for a roll-back. For a function without an entry, the newest version."
  type = object({
    # generated: live versions
    issue      = optional(string)
    refresh    = optional(string)
    authorize  = optional(string)
    introspect = optional(string)
    revoke     = optional(string)
    authorizer = optional(string)
    # end of live versions
  })
  default = {}

  validation {
    condition     = alltrue([for version in values(var.live_versions) : version == null || can(regex("^[1-9][0-9]*$", version))])
    error_message = "live_versions must hold published version numbers, such as { issue = \"12\" }."
  }
}

variable "log_retention_days" {
  description = "Days that the logs of functions and API are kept."
  type        = number
  default     = 30

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days
    )
    error_message = "log_retention_days must be one that CloudWatch Logs has: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "keep_logs" {
  description = "Whether the log groups stay, until log_retention_days, when the deployment is destroyed. A later deployment of the same name imports them."
  type        = bool
  default     = true
}

variable "tracing" {
  description = "Whether X-Ray samples requests."
  type        = bool
  default     = true
}

# The data

variable "existing" {
  description = "Names of existing tables, and the ARNs of existing keys in KMS or of replicas, in this account and region. The deployment does not create what is named here."
  type = object({
    # generated: attributes of existing
    clients_table    = optional(string)
    tokens_table     = optional(string)
    users_table      = optional(string)
    audit_table      = optional(string)
    sealing_key_arn  = optional(string)
    pages_key_arn    = optional(string)
    requests_key_arn = optional(string)
    # end of attributes of existing
  })
  default = {}

  validation {
    condition = alltrue([
      for table in [var.existing.clients_table, var.existing.tokens_table, var.existing.users_table, var.existing.audit_table] :
      table == null || can(regex("^[A-Za-z0-9_.-]{3,255}$", table))
    ])
    error_message = "existing.clients_table, tokens_table, users_table and audit_table must be names of DynamoDB tables."
  }

  # generated: checks of existing keys
  validation {
    condition = alltrue([
      for key in [var.existing.sealing_key_arn, var.existing.pages_key_arn, var.existing.requests_key_arn] :
      key == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", key))
    ])
    error_message = "existing.sealing_key_arn and existing.pages_key_arn and existing.requests_key_arn must be ARNs of keys in KMS, not of aliases."
  }

  validation {
    condition     = length(distinct(compact([var.existing.sealing_key_arn, var.existing.pages_key_arn, var.existing.requests_key_arn]))) == length(compact([var.existing.sealing_key_arn, var.existing.pages_key_arn, var.existing.requests_key_arn]))
    error_message = "existing.sealing_key_arn and existing.pages_key_arn and existing.requests_key_arn must be different keys, because a role that may use one could derive the other's."
  }
  # end of checks of existing keys
}

variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the tables."
  type        = bool
  default     = true
}

variable "check_token_client" {
  description = "Whether introspection and the authorizer read the client of a good token too: then a token of a disabled or deleted client, or from before the client's revoke-all, is not good."
  type        = bool
  default     = false
  nullable    = false
}

variable "multi_region_key" {
  description = "Whether the keys in KMS can have replicas in other regions. It cannot be changed after a key is created."
  type        = bool
  default     = false

  validation {
    # generated: check of multi_region_key
    condition     = !var.multi_region_key || length(compact([var.existing.sealing_key_arn, var.existing.pages_key_arn, var.existing.requests_key_arn])) < 3
    error_message = "multi_region_key applies to keys that this deployment creates, so one of existing.sealing_key_arn, existing.pages_key_arn, existing.requests_key_arn must be null."
    # end of check of multi_region_key
  }
}

# What the functions read from their environment. The bounds are those that the functions themselves check at start.

variable "sealing_key_names" {
  description = "Names of the sealing keys, separated by commas; each set of functions has its own key of each name. The first key seals, and every key opens. Each is derived from the set's key in KMS."
  type        = string
  default     = "v1"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}(,[A-Za-z0-9_-]{1,64})*$", var.sealing_key_names)) && length(var.sealing_key_names) <= 64
    error_message = "sealing_key_names must be names of letters, digits, - and _, with commas and no blanks between them, 64 characters in all."
  }

  validation {
    condition     = length(distinct(split(",", var.sealing_key_names))) == length(split(",", var.sealing_key_names))
    error_message = "sealing_key_names must not name a key twice."
  }
}

# generated: variables of settings
variable "old_keys" {
  description = "What the old keys still do, which earlier versions derived for all functions before each set of functions had keys of its own. Set none in a new deployment; in an older one seal for the update, then open, then none."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(none|open|seal)$", var.old_keys))
    error_message = "old_keys must be set: \"none\" in a new deployment; in an older one \"seal\" for the update, then \"open\", then \"none\"."
  }
}

variable "access_token_seconds" {
  description = "Life of an access token, in seconds."
  type        = number
  default     = 1200

  validation {
    condition     = var.access_token_seconds >= 1 && var.access_token_seconds <= 31622400 && floor(var.access_token_seconds) == var.access_token_seconds
    error_message = "access_token_seconds must be a whole number of seconds, from 1 to 31622400 (a year)."
  }
}

variable "refresh_token_seconds" {
  description = "Life of a refresh token, in seconds, unless the client's registration sets it."
  type        = number
  default     = 86400

  validation {
    condition     = var.refresh_token_seconds >= 1 && var.refresh_token_seconds <= 31622400 && floor(var.refresh_token_seconds) == var.refresh_token_seconds
    error_message = "refresh_token_seconds must be a whole number of seconds, from 1 to 31622400 (a year)."
  }
}

variable "code_seconds" {
  description = "Life of an authorization code, in seconds; at most ten minutes (RFC 6749 section 4.1.2)."
  type        = number
  default     = 600

  validation {
    condition     = var.code_seconds >= 1 && var.code_seconds <= 600 && floor(var.code_seconds) == var.code_seconds
    error_message = "code_seconds must be a whole number of seconds, from 1 to 600."
  }
}

variable "subject" {
  description = "What introspection (sub) and REST gateways (principalId) call a user: v2 is one text for one user, and no client's; legacy is the form of version 0.1.0, in which two users can share a sub. A new deployment: v2."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(v2|legacy)$", var.subject))
    error_message = "subject must be set: \"v2\" in a new deployment, \"legacy\" in one whose APIs know the older form."
  }
}

variable "not_before" {
  description = "Time in POSIX seconds. It ends everything that was issued before: grants with their codes and tokens, and sessions on the pages. 0 ends nothing."
  type        = number
  default     = 0

  validation {
    condition     = var.not_before >= 0 && var.not_before <= 4102444800 && floor(var.not_before) == var.not_before
    error_message = "not_before must be a whole number of seconds, from 0 to 4102444800."
  }
}

variable "clock_skew_seconds" {
  description = "How far a request's timestamp, or the clock of an institution's provider, may be from the server's clock, in seconds."
  type        = number
  default     = 300

  validation {
    condition     = var.clock_skew_seconds >= 1 && var.clock_skew_seconds <= 3600 && floor(var.clock_skew_seconds) == var.clock_skew_seconds
    error_message = "clock_skew_seconds must be a whole number of seconds, from 1 to 3600."
  }
}

variable "signature_host" {
  description = "Line 6 of the text that clients sign; a literal, not the host that they call."
  type        = string
  default     = "www.oclc.org"

  validation {
    condition     = can(regex("^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$", var.signature_host))
    error_message = "signature_host must be a host name of at most 64 characters, without scheme, port or path."
  }
}

variable "signature_port" {
  description = "Line 7 of the text that clients sign."
  type        = number
  default     = 443

  validation {
    condition     = var.signature_port >= 1 && var.signature_port <= 65535 && floor(var.signature_port) == var.signature_port
    error_message = "signature_port must be a port, from 1 to 65535."
  }
}

variable "signature_path" {
  description = "Line 8 of the text that clients sign."
  type        = string
  default     = "/wskey"

  validation {
    condition     = can(regex("^/[!\"$->@-~]{0,63}$", var.signature_path))
    error_message = "signature_path must be a path that begins with a slash, of at most 64 characters, without blanks, ? and #."
  }
}

variable "issuer_url" {
  description = "URL of the service, as clients know it. If it is empty: the first alias of the CDN, or the domain, or else the host that the client calls."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^https://[A-Za-z0-9.:-]+$", var.issuer_url))
    error_message = "issuer_url must be an https URL without a path and a final slash, or empty."
  }
}

variable "error_pages" {
  description = "URL of the page that explains errors. Each error response links to its entry there (error_uri); empty for none."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^https://[A-Za-z0-9.:-]+(/[!$-&(-+.-:=@-\\[\\]-~-]*)?$", var.error_pages)) && length(var.error_pages) <= 200
    error_message = "error_pages must be an https URL of at most 200 characters without query, fragment, quotes, blanks, commas, semicolons, backslashes, < and >, or empty."
  }
}

variable "session_seconds" {
  description = "How long a user stays signed in on the pages without answering one, in seconds."
  type        = number
  default     = 3600

  validation {
    condition     = var.session_seconds >= 600 && var.session_seconds <= 86400 && floor(var.session_seconds) == var.session_seconds
    error_message = "session_seconds must be a whole number of seconds, from 600 (as long as a form can be sent) to 86400 (a day)."
  }
}

variable "device_session_seconds" {
  description = "How long a user stays signed in who ticks the box \"Stay signed in on this device\", in seconds."
  type        = number
  default     = 2592000

  validation {
    condition     = var.device_session_seconds >= 600 && var.device_session_seconds <= 34560000 && floor(var.device_session_seconds) == var.device_session_seconds
    error_message = "device_session_seconds must be a whole number of seconds, from 600 (as long as a form can be sent) to 34560000 (400 days)."
  }
}

variable "directory_cache_seconds" {
  description = "How long the pages cache the institutions and the descriptions of scopes, in seconds. A change of them, also the removal of an institution, may take as long to reach the pages. 0 caches nothing."
  type        = number
  default     = 0

  validation {
    condition     = var.directory_cache_seconds >= 0 && var.directory_cache_seconds <= 300 && floor(var.directory_cache_seconds) == var.directory_cache_seconds
    error_message = "directory_cache_seconds must be a whole number of seconds, from 0 to 300."
  }
}

variable "page_name" {
  description = "Name of the service on the sign-in pages."
  type        = string
  default     = "Latchkey"

  validation {
    condition     = can(regex("^\\S(.{0,48}\\S)?$", var.page_name))
    error_message = "page_name must be a name on one line, of at most 50 characters."
  }
}

variable "page_logo_url" {
  description = "URL of an image beside that name; empty for none."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^https://[A-Za-z0-9.:-]+(/[!#-&(-+.-:=?-~-]*)?$", var.page_logo_url))
    error_message = "page_logo_url must be an https URL without quotes, blanks, commas, semicolons, < and >, or empty."
  }
}

variable "page_color" {
  description = "Colour of the pages' buttons and lines."
  type        = string
  default     = "#1f4e8c"

  validation {
    condition     = can(regex("^#[0-9A-Fa-f]{6}$", var.page_color))
    error_message = "page_color must be a hash and six hexadecimal digits."
  }
}

variable "page_help_url" {
  description = "Where users get help, for example with a lost password: a page or an e-mail address that every page links to; empty for none."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^https://[A-Za-z0-9.:-]+(/[!#-&(-+.-:=?-~-]*)?$|^mailto:[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$", var.page_help_url)) && length(var.page_help_url) <= 200
    error_message = "page_help_url must be an https URL or mailto: and an e-mail address, of at most 200 characters without quotes, blanks, commas, semicolons, < and >, or empty."
  }
}

variable "scopes_supported" {
  description = "Scopes that the metadata document names (scopes_supported), with one blank between them. latchkey scope publish prints the list; empty for none."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^[!#-\\[\\]-~]+( [!#-\\[\\]-~]+)*$", var.scopes_supported)) && length(var.scopes_supported) <= 1500
    error_message = "scopes_supported must be scopes of printable ASCII without quotes and backslashes, with one blank between them, of at most 1500 characters in all, or empty."
  }
}

variable "service_documentation" {
  description = "URL of the page for developers of clients, which the metadata document names (service_documentation); empty for none."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^https://[A-Za-z0-9.:-]+(/[!#-&(-+.-:=?-~-]*)?$", var.service_documentation)) && length(var.service_documentation) <= 200
    error_message = "service_documentation must be an https URL of at most 200 characters without quotes, blanks, commas, semicolons, < and >, or empty."
  }
}

variable "token_cache_seconds" {
  description = "How long the authorizer caches an active access token, in seconds. A revoked token may pass for as long. 0 caches nothing."
  type        = number
  default     = 0

  validation {
    condition     = var.token_cache_seconds >= 0 && var.token_cache_seconds <= 3600 && floor(var.token_cache_seconds) == var.token_cache_seconds
    error_message = "token_cache_seconds must be a whole number of seconds, from 0 to 3600."
  }
}

variable "check_client_secret" {
  description = "Name of the secret in Secrets Manager that holds the credentials of the check's own client; empty for none, and for no check from outside."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^[A-Za-z0-9/_+=.@-]{1,512}$", var.check_client_secret)) && length(var.check_client_secret) <= 512
    error_message = "check_client_secret must be the name of a secret in Secrets Manager, not its ARN, or empty."
  }
}

# end of variables of settings

# The authorizer of other APIs

variable "route_scopes" {
  description = "Which scopes the authorizer asks for: from routes, like \"GET /loans/{id}\", to scopes, with blanks between them. An API's id and a blank before a route make it that API's alone. The authorizer refuses every request to a route that is not named here, unless \"*\" is: {} lets no token pass, { \"*\" = \"\" } opens every route."
  type        = map(string)
  default     = null

  validation {
    condition     = var.route_scopes != null
    error_message = "route_scopes must be set: {} lets no token pass the authorizer, { \"*\" = \"\" } opens every route as an empty value did before, { \"GET /loans/{id}\" = \"WMS_NCIP\" } asks for a scope."
  }

  validation {
    condition     = alltrue([for route in try(keys(var.route_scopes), []) : can(regex("^([a-z0-9]{1,32} )?([*]|[$]default|[A-Z]+ (/|(/[^/ ]+)+))$", route))]) && length(jsonencode(var.route_scopes)) <= 3000
    error_message = "route_scopes must be keyed by routes such as \"GET /loans/{id}\" or \"ANY /{proxy+}\" without a final slash, \"$default\" or \"*\", each with the id of its API and a blank before it if it is that API's alone, with at most 3000 characters as JSON."
  }
}

# The API

# generated: variables of limits
variable "issue_rate_limit" {
  description = "Requests a second that each of POST /oauth2/accessToken, /oauth2/par and /oauth2/device_authorization accepts on average. The gateway answers more with 429."
  type        = number
  default     = 40

  validation {
    condition     = var.issue_rate_limit >= 1 && var.issue_rate_limit <= 10000
    error_message = "issue_rate_limit must be 1 to 10000 requests a second (10000 is an account's quota)."
  }
}

variable "issue_burst_limit" {
  description = "Requests at once that each of POST /oauth2/accessToken, /oauth2/par and /oauth2/device_authorization accepts."
  type        = number
  default     = 80

  validation {
    condition     = var.issue_burst_limit >= 1 && var.issue_burst_limit <= 5000 && floor(var.issue_burst_limit) == var.issue_burst_limit
    error_message = "issue_burst_limit must be a whole number, 1 to 5000 (an account's quota)."
  }
}

variable "refresh_rate_limit" {
  description = "Requests a second that POST /oauth2/refreshToken accepts on average. The gateway answers more with 429."
  type        = number
  default     = 50

  validation {
    condition     = var.refresh_rate_limit >= 1 && var.refresh_rate_limit <= 10000
    error_message = "refresh_rate_limit must be 1 to 10000 requests a second (10000 is an account's quota)."
  }
}

variable "refresh_burst_limit" {
  description = "Requests at once that POST /oauth2/refreshToken accepts."
  type        = number
  default     = 100

  validation {
    condition     = var.refresh_burst_limit >= 1 && var.refresh_burst_limit <= 5000 && floor(var.refresh_burst_limit) == var.refresh_burst_limit
    error_message = "refresh_burst_limit must be a whole number, 1 to 5000 (an account's quota)."
  }
}

variable "authorize_rate_limit" {
  description = "Requests a second that each route of the sign-in pages accepts on average. The gateway answers more with 429."
  type        = number
  default     = 40

  validation {
    condition     = var.authorize_rate_limit >= 1 && var.authorize_rate_limit <= 10000
    error_message = "authorize_rate_limit must be 1 to 10000 requests a second (10000 is an account's quota)."
  }
}

variable "authorize_burst_limit" {
  description = "Requests at once that each route of the sign-in pages accepts."
  type        = number
  default     = 80

  validation {
    condition     = var.authorize_burst_limit >= 1 && var.authorize_burst_limit <= 5000 && floor(var.authorize_burst_limit) == var.authorize_burst_limit
    error_message = "authorize_burst_limit must be a whole number, 1 to 5000 (an account's quota)."
  }
}

variable "introspect_rate_limit" {
  description = "Requests a second that each route of introspection and of the metadata document accepts on average. The gateway answers more with 429."
  type        = number
  default     = 40

  validation {
    condition     = var.introspect_rate_limit >= 1 && var.introspect_rate_limit <= 10000
    error_message = "introspect_rate_limit must be 1 to 10000 requests a second (10000 is an account's quota)."
  }
}

variable "introspect_burst_limit" {
  description = "Requests at once that each route of introspection and of the metadata document accepts."
  type        = number
  default     = 80

  validation {
    condition     = var.introspect_burst_limit >= 1 && var.introspect_burst_limit <= 5000 && floor(var.introspect_burst_limit) == var.introspect_burst_limit
    error_message = "introspect_burst_limit must be a whole number, 1 to 5000 (an account's quota)."
  }
}

variable "revoke_rate_limit" {
  description = "Requests a second that each route of revocation accepts on average. The gateway answers more with 429."
  type        = number
  default     = 40

  validation {
    condition     = var.revoke_rate_limit >= 1 && var.revoke_rate_limit <= 10000
    error_message = "revoke_rate_limit must be 1 to 10000 requests a second (10000 is an account's quota)."
  }
}

variable "revoke_burst_limit" {
  description = "Requests at once that each route of revocation accepts."
  type        = number
  default     = 80

  validation {
    condition     = var.revoke_burst_limit >= 1 && var.revoke_burst_limit <= 5000 && floor(var.revoke_burst_limit) == var.revoke_burst_limit
    error_message = "revoke_burst_limit must be a whole number, 1 to 5000 (an account's quota)."
  }
}

variable "alias_rate_limit" {
  description = "Requests a second that each other path of a route (/token, /authorize, /introspect, /revoke, and below /oauth2) accepts on average. The gateway answers more with 429."
  type        = number
  default     = 5

  validation {
    condition     = var.alias_rate_limit >= 1 && var.alias_rate_limit <= 10000
    error_message = "alias_rate_limit must be 1 to 10000 requests a second (10000 is an account's quota)."
  }
}

variable "alias_burst_limit" {
  description = "Requests at once that each other path of a route (/token, /authorize, /introspect, /revoke, and below /oauth2) accepts."
  type        = number
  default     = 10

  validation {
    condition     = var.alias_burst_limit >= 1 && var.alias_burst_limit <= 5000 && floor(var.alias_burst_limit) == var.alias_burst_limit
    error_message = "alias_burst_limit must be a whole number, 1 to 5000 (an account's quota)."
  }
}

# end of variables of limits

variable "domain" {
  description = "Your own domain for the API: its name, the ARN of its certificate in the API's region and, if Route 53 serves it, its zone. Off by default."
  type = object({
    name            = string
    certificate_arn = string
    zone_id         = optional(string)
  })
  default = null

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain.name))
    error_message = "domain.name must be a full domain name in lower case, such as tokens.example.org."
  }

  validation {
    condition     = var.domain == null || can(regex("^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$", var.domain.certificate_arn))
    error_message = "domain.certificate_arn must be the ARN of a certificate in ACM."
  }

  validation {
    condition     = try(var.domain.zone_id, null) == null || can(regex("^Z[A-Z0-9]{1,31}$", var.domain.zone_id))
    error_message = "domain.zone_id must be the id of a Route 53 hosted zone."
  }

  # Behind a CDN a visitor's address is what the CDN says: an official way around it would let anybody say what he likes.
  validation {
    condition     = var.domain == null || var.cdn == null
    error_message = "domain and cdn exclude each other: beside a CDN, a name of one's own is one of cdn.aliases."
  }
}

variable "cdn" {
  description = "CloudFront in front of the API, with a rule that routes a refresh at /oauth2/accessToken to the function refresh if grant_type is in its query, as signing clients send it (it reads no form): the ARN of a WAF ACL, names of its own with their certificate (in us-east-1) and, if Route 53 serves them, their zone. secret names a secret in Secrets Manager, a JSON object from keys to values: the CDN sends the value of secret_key, and the functions take that of secret_key_too as well. only = false answers requests past the CDN too. Without a name of its own the CDN takes TLS 1.0 from clients. Off by default."
  type = object({
    web_acl_arn     = optional(string)
    aliases         = optional(list(string), [])
    certificate_arn = optional(string)
    zone_id         = optional(string)
    secret          = optional(string)
    secret_key      = optional(string, "v1")
    secret_key_too  = optional(string)
    only            = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.cdn == null || can(regex("^[A-Za-z0-9/_+=.@-]{1,128}$", var.cdn.secret))
    error_message = "cdn.secret must be the name of a secret in Secrets Manager, not its ARN, that you create first; a deployment with clients sets cdn.only = false for this update. See infra/README.md, \"Behind a domain or a CDN\"."
  }

  validation {
    condition     = var.cdn == null || alltrue([for key in compact([try(var.cdn.secret_key, ""), try(var.cdn.secret_key_too, "")]) : can(regex("^[A-Za-z0-9_]{1,16}$", key))])
    error_message = "cdn.secret_key and cdn.secret_key_too must be keys of cdn.secret, of at most 16 letters, digits and _."
  }

  validation {
    condition     = var.cdn == null || !try(var.cdn.only, true) || try(length(var.cdn.aliases) > 0, false) || var.issuer_url != ""
    error_message = "cdn.only needs cdn.aliases or issuer_url, because pages and metadata would name the API's own address, which it closes. Apply with cdn.only = false first, then with issuer_url set to the output cdn_url."
  }

  validation {
    condition     = var.cdn == null || alltrue([for alias in try(var.cdn.aliases, []) : can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", alias))])
    error_message = "cdn.aliases must be full domain names in lower case, such as tokens.example.org."
  }

  validation {
    condition     = try(var.cdn.zone_id, null) == null || (can(regex("^Z[A-Z0-9]{1,31}$", var.cdn.zone_id)) && try(length(var.cdn.aliases) > 0, false))
    error_message = "cdn.zone_id must be the id of a Route 53 hosted zone, and cdn.aliases the names that get records in it."
  }

  validation {
    condition     = var.cdn == null || try(var.cdn.web_acl_arn, null) == null || can(regex("^arn:[a-z-]+:wafv2:us-east-1:[0-9]{12}:global/webacl/", var.cdn.web_acl_arn))
    error_message = "cdn.web_acl_arn must be the ARN of a WAFv2 ACL with the scope CLOUDFRONT, which lives in us-east-1."
  }

  validation {
    condition     = var.cdn == null || try(length(var.cdn.aliases) == 0, true) == (try(var.cdn.certificate_arn, null) == null)
    error_message = "cdn.aliases and cdn.certificate_arn belong together: CloudFront serves a name only with its certificate."
  }

  validation {
    condition     = var.cdn == null || try(var.cdn.certificate_arn, null) == null || can(regex("^arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/[A-Za-z0-9-]+$", var.cdn.certificate_arn))
    error_message = "cdn.certificate_arn must be the ARN of a certificate in ACM in us-east-1, the only region that CloudFront takes one from."
  }
}

# The watch

variable "alarm_email" {
  description = "E-mail address that receives the alarms, through a topic that the module creates. AWS asks the address to confirm. Without it and alarm_topic_arn, alarms are shown only on the dashboard."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$", var.alarm_email))
    error_message = "alarm_email must be an e-mail address."
  }
  validation {
    condition     = var.alarm_email == null || var.alarm_topic_arn == null
    error_message = "alarm_email and alarm_topic_arn name two receivers of the same alarms, so set one of them."
  }
}

variable "notes_topic_arn" {
  description = "ARN of the SNS topic that receives the alarms that are notes. The page goes to the other topic. Without it, both go there."
  type        = string
  default     = null

  validation {
    condition     = var.notes_topic_arn == null || can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.notes_topic_arn))
    error_message = "notes_topic_arn must be the ARN of an SNS topic."
  }
  validation {
    condition     = var.notes_topic_arn == null || var.alarm_email != null || var.alarm_topic_arn != null
    error_message = "notes_topic_arn needs alarm_email or alarm_topic_arn, which the page goes to."
  }
}

variable "monthly_budget" {
  description = "US dollars a month. alarm_email is told when the whole account's costs reach four fifths of it, and when they will exceed it. Off by default."
  type        = number
  default     = null

  validation {
    condition     = var.monthly_budget == null || try(var.monthly_budget >= 1 && floor(var.monthly_budget) == var.monthly_budget, false)
    error_message = "monthly_budget must be a whole number of US dollars, at least 1."
  }
  validation {
    condition     = var.monthly_budget == null || var.alarm_email != null
    error_message = "monthly_budget needs alarm_email, the address that is told."
  }
}

variable "check_package" {
  description = "Path of the zip file of the function check, in place of the one that packages has. It checks the service from outside, and is needed only with check_client_secret."
  type        = string
  default     = null

  validation {
    condition     = var.check_package == null || try(fileexists(var.check_package), false)
    error_message = "check_package names no file. Build it first: cargo lambda build --release --arm64 --output-format zip."
  }
  validation {
    condition     = var.check_client_secret == "" || var.check_package != null || try(startswith(var.packages, "s3://"), false) || try(fileexists("${var.packages}/check-${var.architecture}.zip"), false) || try(fileexists("${var.packages}/check/bootstrap.zip"), false)
    error_message = "check_client_secret needs the zip file of the function check: in packages, or as check_package."
  }
}

variable "check_versions" {
  description = "Whether each new version is asked before it gets traffic. It then has to refuse a client that it looked for; otherwise the apply fails, and live stays where it is."
  type        = bool
  default     = true
}

variable "release" {
  description = "Which release or commit you deploy. It changes nothing, and the output release shows it."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[A-Za-z0-9._+/-]{0,128}$", var.release))
    error_message = "release must be at most 128 letters, digits and . _ + / -."
  }
}

variable "alarm_topic_arn" {
  description = "ARN of your own SNS topic that receives the alarms, in place of alarm_email."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_topic_arn == null || can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.alarm_topic_arn))
    error_message = "alarm_topic_arn must be the ARN of an SNS topic."
  }
}

variable "alarm_thresholds" {
  description = "Number of events within five minutes that triggers an alarm; for errors and unavailable, within one minute. slow_ms is the latency in milliseconds that one request in ten reaches, in two of three periods of five minutes. p99_ms is the former name of slow_ms, and comes before it."
  type = object({
    api_5xx   = optional(number, 5)
    errors    = optional(number, 1)
    throttles = optional(number, 1)
    slow_ms   = optional(number, 1000)
    p99_ms    = optional(number)
    # generated: thresholds of metrics
    unavailable        = optional(number, 1)
    signature_failures = optional(number, 100)
    replays            = optional(number, 20)
    sign_in_failures   = optional(number, 100)
    code_reuses        = optional(number, 1)
    disabled_clients   = optional(number, 1)
    foreign_tokens     = optional(number, 1)
    # end of thresholds of metrics
    throttled          = optional(number, 100)
    database_throttles = optional(number, 1)
  })
  default = {}

  validation {
    condition     = alltrue([for threshold in values(var.alarm_thresholds) : try(threshold >= 1, true)])
    error_message = "alarm_thresholds must all be 1 or more."
  }
}
