//! The Lambda of the documentation: no table, no keys, nothing but files.

fn main() -> std::process::ExitCode {
    lambdesk_runtime::main(async |_| lambdesk_runtime::serve(lambdesk_docs::routes().bare_router()).await)
}
