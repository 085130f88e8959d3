//! The function `issue`.

fn main() -> std::process::ExitCode {
    latchkey::lambda::main("issue", latchkey::endpoint::issue::endpoint)
}
