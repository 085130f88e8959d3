//! The function `introspect`.

use latchkey_oauth::service::Function;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    latchkey::lambda::main(Function::Introspect, latchkey::endpoint::introspect::ENDPOINT)
}
