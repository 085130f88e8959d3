//! The variables that say where the functions' zip files are.

use super::*;

/// Where all packages are, or where one is.
pub(super) fn packages() -> String {
    let each = Function::ALL.map(|function| format!("{0} = var.{0}_package", function.as_str()));
    let condition = format!(
        "alltrue([for function, package in {{ {} }} : package != null || try(startswith(var.packages, \"s3://\"), false) || \
         try(fileexists(\"${{var.packages}}/${{function}}-${{var.architecture}}.zip\"), false) || \
         try(fileexists(\"${{var.packages}}/${{function}}/bootstrap.zip\"), false)])",
        each.join(", ")
    );
    let packages = Variable {
        name: "packages".to_owned(),
        description: "Where the zip files of the functions are, as a release has them (FUNCTION-ARCHITECTURE.zip): a folder here, \
                      or s3://BUCKET/PREFIX in the region of the deployment. A folder may also be what cargo lambda made \
                      (FUNCTION/bootstrap.zip)."
            .to_owned(),
        kind: "string",
        default: Some("null".to_owned()),
        condition,
        error: "has no zip file of some function. Set it to a folder with a release's zips, to the folder in which cargo lambda \
                put a folder for each function (cargo lambda build --release --arm64 --output-format zip), or to \
                s3://BUCKET/PREFIX"
            .to_owned(),
    };
    // The form of an address in S3 is a check of its own.
    let form = "  validation {
    condition     = !try(startswith(var.packages, \"s3:\"), false) || can(regex(\"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/]+)*$\", var.packages))
    error_message = \"packages must be s3://BUCKET or s3://BUCKET/PREFIX, without a final slash.\"
  }
}

";
    let block = packages.block();
    let open = block.trim_end().strip_suffix('}').unwrap_or(&block);
    format!("{open}\n{form}{}", Function::ALL.map(package).concat())
}

fn package(function: Function) -> String {
    let name = format!("{}_package", function.as_str());
    Variable {
        description: format!(
            "Path of the zip file of the function {}, in place of the one that packages has: a file named bootstrap, built for \
             the architecture.",
            function.as_str()
        ),
        kind: "string",
        default: Some("null".to_owned()),
        condition: format!("var.{name} == null ? true : fileexists(var.{name})"),
        error: "names no file. Build it first: cargo lambda build --release --arm64 --output-format zip".to_owned(),
        name,
    }
    .block()
}
