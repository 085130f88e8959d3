//! The function `refresh`.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    latchkey::lambda::main("refresh", latchkey::endpoint::refresh::ENDPOINT)
}
