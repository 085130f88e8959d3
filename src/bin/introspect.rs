//! The function `introspect`.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    latchkey::lambda::main("introspect", latchkey::endpoint::introspect::ENDPOINT)
}
