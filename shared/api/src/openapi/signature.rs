//! What a handler's arguments tell of its operation.

use super::operation::{KEY, Operation, entity_tags};
use crate::{
    auth::{Caller, Session},
    body::{JsonBody, OptionalJsonBody, PatchBody},
    idempotency::MAX_KEY,
    json_patch::{AnyPatchBody, MAX_OPERATIONS},
    listing::ListRequest,
    media::BodyMediaType,
    path::{Id, Ids},
    query::QueryParameters,
    write::{Forcible, WriteOptions},
};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, Method, Uri},
};
use schemars::JsonSchema;
use serde_json::json;

/// An argument of a handler, as far as callers notice it.
pub trait DescribeOperation {
    /// Adds what it takes and what it may refuse.
    fn tell(operation: &mut Operation);
}

/// A handler by its arguments, whatever the state of its function.
pub trait HandlerArgs<T> {
    /// Adds what each of them tells.
    fn tell(operation: &mut Operation);
}

impl Operation {
    /// As an argument of this type would tell.
    pub fn takes<T: DescribeOperation>(&mut self) {
        T::tell(self);
    }
}

macro_rules! signatures {
    ($(($($argument:ident)*))*) => {$(
        impl<H, R, $($argument: DescribeOperation),*> HandlerArgs<($($argument,)*)> for H
        where
            H: Fn($($argument),*) -> R,
        {
            fn tell(_operation: &mut Operation) {
                $($argument::tell(_operation);)*
            }
        }
    )*};
}

signatures! {
    ()
    (A)
    (A B)
    (A B C)
    (A B C D)
    (A B C D E)
    (A B C D E F)
}

impl DescribeOperation for Session {
    fn tell(operation: &mut Operation) {
        operation.secured(KEY);
        operation.refuses(&[401, 403]);
    }
}

impl DescribeOperation for Caller {
    fn tell(operation: &mut Operation) {
        <Session as DescribeOperation>::tell(operation);
    }
}

impl<T: JsonSchema> DescribeOperation for Id<T> {
    fn tell(operation: &mut Operation) {
        operation.in_path::<T>();
        operation.refuses(&[404]);
    }
}

impl<A: JsonSchema, B: JsonSchema> DescribeOperation for Ids<(A, B)> {
    fn tell(operation: &mut Operation) {
        operation.in_path::<A>();
        operation.in_path::<B>();
        operation.refuses(&[404]);
    }
}

impl DescribeOperation for QueryParameters {
    fn tell(operation: &mut Operation) {
        operation.refuses(&[400]);
    }
}

impl DescribeOperation for ListRequest {
    fn tell(operation: &mut Operation) {
        operation.query("limit", json!({ "type": "integer", "minimum": 1, "maximum": crate::listing::MAX_LIMIT, "default": crate::listing::DEFAULT_LIMIT }), "The most rows of a page.");
        operation.query(
            "cursor",
            json!({ "type": "string", "minLength": 1 }),
            "Where to go on: `next_cursor` or `prev_cursor` of an earlier page of the same list.",
        );
        operation.refuses(&[400]);
    }
}

impl DescribeOperation for WriteOptions {
    fn tell(operation: &mut Operation) {
        let flag = json!({ "type": "boolean", "default": false });
        operation.query("silent", flag.clone(), "Recorded, but without outward effect: no webhook.");
        operation.query(
            "dry_run",
            flag,
            "Nothing is recorded; the answer tells the events and the changes that would follow.",
        );
        operation.header(
            "If-Match",
            entity_tags(),
            "The `ETag` that the caller has seen, or several: 412 if it is none of them any more.",
        );
        if operation.method() == Method::POST {
            let about =
                "With it, the same request gives the same answer, for 24 hours at least; `Idempotent-Replayed` tells.";
            operation.header(
                "Idempotency-Key",
                json!({ "type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": r"^[\t -~]*[!-~][\t -~]*$" }),
                about,
            );
            operation.refuses(&[422]);
        }
        operation.refuses(&[400, 409, 412]);
        operation.may_be_dry();
    }
}

impl DescribeOperation for Forcible {
    fn tell(operation: &mut Operation) {
        operation.query(
            "force",
            json!({ "type": "boolean", "default": false }),
            "Also what is in use: whatever uses it is left without.",
        );
        WriteOptions::tell(operation);
    }
}

impl<T: JsonSchema> DescribeOperation for JsonBody<T> {
    fn tell(operation: &mut Operation) {
        operation.body::<T>(&[BodyMediaType::Json.as_str()], true);
    }
}

impl<T: JsonSchema> DescribeOperation for PatchBody<T> {
    fn tell(operation: &mut Operation) {
        operation.body::<T>(&[BodyMediaType::MergePatch.as_str(), BodyMediaType::Json.as_str()], true);
    }
}

impl<T: JsonSchema> DescribeOperation for AnyPatchBody<T> {
    fn tell(operation: &mut Operation) {
        operation.body::<T>(&[BodyMediaType::MergePatch.as_str(), BodyMediaType::Json.as_str()], true);
        operation.body_as(BodyMediaType::JsonPatch.as_str(), json_patch());
    }
}

/// A patch document (RFC 6902).
fn json_patch() -> serde_json::Value {
    let pointer = json!({ "type": "string", "pattern": "^(/.*)?$", "description": "A JSON Pointer (RFC 6901)." });
    let operation = |ops: &[&str], more: &str, schema: serde_json::Value| {
        json!({
            "type": "object",
            "required": ["op", "path", more],
            "properties": { "op": { "enum": ops, "description": "What is done." }, "path": pointer, more: schema },
        })
    };
    let remove = json!({
        "type": "object",
        "required": ["op", "path"],
        "properties": { "op": { "const": "remove" }, "path": pointer },
    });
    let operations = json!([
        operation(
            &["add", "replace", "test"],
            "value",
            json!({ "description": "What is put there, or must be there." })
        ),
        operation(&["move", "copy"], "from", pointer.clone()),
        remove,
    ]);
    json!({ "type": "array", "maxItems": MAX_OPERATIONS, "items": { "oneOf": operations } })
}

impl<T: JsonSchema> DescribeOperation for OptionalJsonBody<T> {
    fn tell(operation: &mut Operation) {
        operation.body::<T>(&[BodyMediaType::Json.as_str()], false);
    }
}

/// Callers don't notice it.
macro_rules! hidden {
    ($([$($generic:ident)?] $argument:ty;)*) => {$(
        impl$(<$generic>)? DescribeOperation for $argument {
            fn tell(_: &mut Operation) {}
        }
    )*};
}

hidden! {
    [T] Extension<T>;
    [T] State<T>;
    [] HeaderMap;
    [] Uri;
}
