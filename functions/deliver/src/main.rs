//! The Lambda; everything it does is in the library.

fn main() -> std::process::ExitCode {
    lambdesk_runtime::main(lambdesk_deliver::serve)
}
