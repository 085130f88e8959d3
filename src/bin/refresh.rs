//! The function `refresh`.

use latchkey_oauth::service::Function;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    latchkey::lambda::main(Function::Refresh, latchkey::endpoint::refresh::ENDPOINT)
}
