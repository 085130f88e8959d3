//! The AppSpec of a deployment: which version of which function it is about.

use std::collections::HashMap;

use latchkey_oauth::service::Function;
use serde::Deserialize;

use crate::failure::Failure;

/// A version that is to get traffic.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    /// Name of the function in Lambda.
    pub name: String,
    /// Which of the functions it is.
    pub function: Function,
    /// The version.
    pub version: String,
}

/// The members that are read. CloudFormation writes it as JSON.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AppSpec {
    resources: Vec<HashMap<String, Resource>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    r#type: String,
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    name: String,
    target_version: String,
}

impl Target {
    /// Reads an AppSpec of one function.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let spec: AppSpec = serde_json::from_str(text).map_err(|_| Failure::DeploymentUnreadable)?;
        let mut resources = spec.resources.into_iter().flat_map(HashMap::into_values);
        let (Some(resource), None) = (resources.next(), resources.next()) else {
            return Err(Failure::DeploymentUnreadable);
        };
        let Properties { name, target_version } = resource.properties;
        let is_number = !target_version.is_empty() && target_version.bytes().all(|byte| byte.is_ascii_digit());
        if resource.r#type != "AWS::Lambda::Function" || !is_number {
            return Err(Failure::DeploymentUnreadable);
        }
        let is = |function: &Function| name.strip_suffix(function.as_str()).is_some_and(|stack| stack.ends_with('-'));
        let function = Function::ALL.into_iter().find(is).ok_or(Failure::FunctionUnknown)?;
        Ok(Self { name, function, version: target_version })
    }

    /// The name of another function of the same deployment.
    pub fn beside(&self, other: Function) -> String {
        let stack = self.name.strip_suffix(self.function.as_str()).unwrap_or_default();
        format!("{stack}{}", other.as_str())
    }
}
