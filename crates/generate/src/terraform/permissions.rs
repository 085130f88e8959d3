//! What each role may do.

use latchkey_oauth::service::KeySet;
use latchkey_oauth::service::actions::permitted;

use super::*;
use crate::sam::has_old_key_of_others;

pub(super) fn permissions() -> Vec<Section> {
    let list = |actions: &[&str]| {
        let each: Vec<_> = actions.iter().map(|action| format!("\"dynamodb:{action}\"")).collect();
        format!("[{}]", each.join(", "))
    };
    let list_of =
        |names: &[&str]| format!("[{}]", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "));
    let sets = |function| list_of(&KeySet::of(function).map(|set| set.row().name).collect::<Vec<_>>());
    let actions = Function::ALL.map(|function| {
        let permitted = permitted(function);
        let lines = [
            line("clients", list(permitted.clients)),
            line("clients_of_before", list(permitted.clients_of_before)),
            line("withheld", list_of(permitted.withheld)),
            line("of_token_clients", list_of(permitted.of_token_clients)),
            line("tokens", list(permitted.tokens)),
            line("holders", list(permitted.holders)),
            line("users", list(permitted.users)),
            line("attempts", list(permitted.attempts)),
            line("keys", sets(function)),
            line("old_keys", has_old_key_of_others(function)),
        ];
        block(4, function.as_str(), &lines)
    });
    vec![("actions", actions.concat()), keys::statements()]
}
