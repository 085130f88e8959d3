//! The function `revoke`.

fn main() -> std::process::ExitCode {
    latchkey::lambda::main("revoke", latchkey::endpoint::revoke::endpoint)
}
