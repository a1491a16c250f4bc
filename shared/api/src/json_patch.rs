//! JSON Patch (RFC 6902) beside JSON Merge Patch: operations are applied to the
//! document of a thing, and what they changed about it is told as a merge patch, so
//! that both are checked and written the same way.
//!
//! What is wrong with an operation is told by a pointer into the request's body
//! (`/0/path`), what is wrong with the document afterwards by one into the document
//! (`/subject`).

use crate::{
    body::{Input, document, from_slice},
    checker::Checker,
    media::{self, BodyMediaType},
    problem::{FieldError, Problem},
};
use axum::{
    body::{Body, Bytes},
    extract::FromRequest,
    http::Request,
};
use json_patch::{
    AddOperation, CopyOperation, MoveOperation, PatchErrorKind, PatchOperation, RemoveOperation, ReplaceOperation,
    TestOperation, jsonptr::PointerBuf,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// The most operations of one patch.
pub const MAX_OPERATIONS: usize = 100;
/// The deepest that an operation may point: no editable field lies deeper, and
/// copying can't nest without end.
const MAX_DEPTH: usize = 3;

/// A partial change in either form.
#[derive(Debug, Clone)]
pub enum AnyPatch<T> {
    /// A merge patch.
    Merge(T),
    /// JSON Patch operations.
    Operations(PatchOperations),
}

/// A body that is a merge patch (`application/merge-patch+json` or
/// `application/json`) or JSON Patch operations (`application/json-patch+json`).
#[derive(Debug, Clone)]
pub struct AnyPatchBody<T> {
    /// What it says.
    pub value: AnyPatch<T>,
    /// As it was sent, for the idempotency hash.
    pub raw: Bytes,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for AnyPatchBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let accepted = [BodyMediaType::MergePatch, BodyMediaType::JsonPatch, BodyMediaType::Json];
        let (media_type, raw) = media::read(request, &accepted).await?;
        let value = match media_type {
            BodyMediaType::JsonPatch => AnyPatch::Operations(PatchOperations::read(&raw)?),
            _ => AnyPatch::Merge(from_slice(&raw)?),
        };
        Ok(Self { value, raw })
    }
}

/// Operations to be applied in order, all or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchOperations(Vec<PatchOperation>);

/// One operation as it is sent. Members that it doesn't need are ignored, as
/// RFC 6902 section 4 demands.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OperationBody {
    op: Input<Op>,
    path: Input<String>,
    from: Input<String>,
    value: Input<Value>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Op {
    Add,
    Remove,
    Replace,
    Move,
    Copy,
    Test,
}

impl PatchOperations {
    /// Reads a patch document.
    ///
    /// # Errors
    /// 400 when it is no JSON; 422 when it is no list of operations, or too long.
    pub fn read(raw: &[u8]) -> Result<Self, Problem> {
        let Value::Array(items) = document(raw)? else {
            return Err(Problem::invalid(vec![FieldError::new("", "wrong_type", "expected a list of operations")]));
        };
        let mut checker = Checker::new();
        if items.len() > MAX_OPERATIONS {
            checker.error("", "too_many", format!("at most {MAX_OPERATIONS} operations"));
            return checker.finish().map(|()| Self(Vec::new()));
        }
        let operations = items
            .into_iter()
            .enumerate()
            .filter_map(|(index, item)| checker.within(&format!("/{index}"), |checker| operation(item, checker)))
            .collect();
        checker.finish()?;
        Ok(Self(operations))
    }

    /// What the operations change about a document, as a merge patch: members that
    /// become absent are null in it. Objects are compared member by member, lists as
    /// a whole.
    ///
    /// # Errors
    /// 409 `test_failed` when a test doesn't hold; 422 naming the first operation that
    /// can't be applied, or when no object is left.
    pub fn merge_patch(&self, document: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
        let before = Value::Object(document);
        let mut after = before.clone();
        for (index, operation) in self.0.iter().enumerate() {
            json_patch::patch(&mut after, std::slice::from_ref(operation))
                .map_err(|error| refused(index, &error.kind))?;
            // A copy may double the document each time; the rest is bounded by the body.
            if matches!(operation, PatchOperation::Copy(_)) && after.to_string().len() > media::MAX_BODY_BYTES {
                let detail = "the document becomes too large";
                return Err(Problem::invalid(vec![FieldError::new(format!("/{index}"), "too_large", detail)]));
            }
        }
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => Ok(difference(before, after)),
            _ => Err(Problem::invalid(vec![FieldError::new("", "wrong_type", "the result must be an object")])),
        }
    }
}

fn operation(item: Value, checker: &mut Checker) -> Option<PatchOperation> {
    if !item.is_object() {
        checker.error("", "wrong_type", "expected an object");
        return None;
    }
    let body = OperationBody::deserialize(item).unwrap_or_default();
    let op = checker.required("/op", body.op);
    let path = pointer("/path", body.path, checker);
    let needs_from = matches!(op, Some(Op::Move | Op::Copy));
    let from = if needs_from { pointer("/from", body.from, checker) } else { None };
    let needs_value = matches!(op, Some(Op::Add | Op::Replace | Op::Test));
    if needs_value && body.value.is_absent() {
        checker.error("/value", "required", "must be given");
    }
    let value = if let Input::Value(value) = body.value { value } else { Value::Null };
    let path = path?;
    Some(match op? {
        Op::Add => PatchOperation::Add(AddOperation { path, value }),
        Op::Remove => PatchOperation::Remove(RemoveOperation { path }),
        Op::Replace => PatchOperation::Replace(ReplaceOperation { path, value }),
        Op::Move => PatchOperation::Move(MoveOperation { from: from?, path }),
        Op::Copy => PatchOperation::Copy(CopyOperation { from: from?, path }),
        Op::Test => PatchOperation::Test(TestOperation { path, value }),
    })
}

fn pointer(name: &str, input: Input<String>, checker: &mut Checker) -> Option<PointerBuf> {
    let pointer = PointerBuf::parse(checker.required(name, input)?).ok();
    match pointer {
        None => checker.error(name, "invalid", "expected a JSON Pointer (RFC 6901), such as /subject"),
        Some(ref pointer) if pointer.count() > MAX_DEPTH => {
            checker.error(name, "no_such_path", "the document has nothing at this path");
            return None;
        }
        Some(_) => {}
    }
    pointer
}

fn refused(index: usize, kind: &PatchErrorKind) -> Problem {
    let bad = |member: &str, code, detail: &str| {
        Problem::invalid(vec![FieldError::new(format!("/{index}/{member}"), code, detail)])
    };
    match kind {
        PatchErrorKind::TestFailed => {
            let detail = "the value at this path is another one";
            Problem::conflict("test_failed", "a test of the patch does not hold, so nothing was changed")
                .with_errors(vec![FieldError::new(format!("/{index}/path"), "test_failed", detail)])
        }
        PatchErrorKind::InvalidFromPointer => bad("from", "no_such_path", "the document has nothing at this path"),
        PatchErrorKind::CannotMoveInsideItself => bad("path", "invalid", "a value can't be moved into itself"),
        _ => bad("path", "no_such_path", "the document has nothing at this path"),
    }
}

/// The merge patch that makes `after` of `before`.
fn difference(before: Map<String, Value>, mut after: Map<String, Value>) -> Map<String, Value> {
    let mut patch = Map::new();
    for (name, old) in before {
        match (old, after.remove(&name)) {
            (old, Some(new)) if old == new => {}
            (Value::Object(old), Some(Value::Object(new))) => {
                patch.insert(name, Value::Object(difference(old, new)));
            }
            (Value::Null, None) => {}
            (_, new) => drop(patch.insert(name, new.unwrap_or(Value::Null))),
        }
    }
    patch.extend(after);
    patch
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    fn ticket() -> Map<String, Value> {
        map(&json!({
            "subject": "S", "uid": null, "tags": ["a", "b"], "requester": {"name": "Ada"}, "custom": {"x": 1, "y": 2},
        }))
    }

    fn changes(operations: &Value) -> Result<Value, Problem> {
        PatchOperations::read(operations.to_string().as_bytes())?.merge_patch(ticket()).map(Value::Object)
    }

    #[test]
    fn operations_become_the_merge_patch_of_what_differs() {
        let operations = json!([
            {"op": "test", "path": "/subject", "value": "S"},
            {"op": "replace", "path": "/subject", "value": "T"},
            {"op": "add", "path": "/tags/-", "value": "c"},
            {"op": "remove", "path": "/tags/0"},
            {"op": "remove", "path": "/custom/x"},
            {"op": "move", "from": "/custom/y", "path": "/custom/z"},
            {"op": "copy", "from": "/requester/name", "path": "/uid"},
        ]);
        let expected = json!({
            "subject": "T", "tags": ["b", "c"], "custom": {"x": null, "y": null, "z": 2}, "uid": "Ada",
        });
        assert_eq!(changes(&operations).expect("applies"), expected);
        assert_eq!(changes(&json!([])).expect("applies"), json!({}));
        let there_and_back = json!([
            {"op": "replace", "path": "/subject", "value": "T"}, {"op": "replace", "path": "/subject", "value": "S"},
        ]);
        assert_eq!(changes(&there_and_back).expect("applies"), json!({}));
    }

    #[test]
    fn a_test_that_fails_is_a_conflict_and_what_cannot_be_applied_names_its_operation() {
        let failed = changes(&json!([{"op": "test", "path": "/subject", "value": "T"}])).expect_err("fails");
        assert_eq!((failed.status().as_u16(), failed.code()), (409, "test_failed"));
        for (operation, pointer) in [
            (json!({"op": "remove", "path": "/none"}), "/1/path"),
            (json!({"op": "replace", "path": "/tags/7", "value": 1}), "/1/path"),
            (json!({"op": "add", "path": "/subject/x", "value": 1}), "/1/path"),
            (json!({"op": "copy", "from": "/none", "path": "/uid"}), "/1/from"),
            (json!({"op": "move", "from": "/custom", "path": "/custom/x"}), "/1/path"),
            (json!({"op": "remove", "path": ""}), "/1/path"),
        ] {
            let first = json!({"op": "test", "path": "/uid", "value": null});
            let problem = changes(&json!([first, operation])).expect_err("can't be applied");
            assert_eq!(
                (problem.status().as_u16(), problem.errors()[0].pointer.as_str()),
                (422, pointer),
                "{operation}"
            );
        }
        let nothing = changes(&json!([{"op": "replace", "path": "", "value": []}])).expect_err("no object");
        assert_eq!(nothing.errors()[0].pointer, "");
    }

    #[test]
    fn a_patch_document_is_held_to_its_form_all_at_once() {
        let bad = json!([
            {"op": "spell", "path": "/a"}, {"op": "add", "path": "a", "value": 1}, {"op": "add", "path": "/a"},
            {"op": "move", "path": "/a"}, {}, 7, {"op": "test", "path": "/a~2", "value": 1},
            {"op": "add", "path": "/a/b/c/d", "value": 1},
        ]);
        let problem = PatchOperations::read(bad.to_string().as_bytes()).expect_err("bad");
        let pointers: Vec<_> = problem.errors().iter().map(|error| error.pointer.as_str()).collect();
        let expected = ["/0/op", "/1/path", "/2/value", "/3/from", "/4/op", "/4/path", "/5", "/6/path", "/7/path"];
        assert_eq!(pointers, expected);
        assert_eq!(PatchOperations::read(b"{}").expect_err("no list").status().as_u16(), 422);
        assert_eq!(PatchOperations::read(b"[").expect_err("no JSON").status().as_u16(), 400);
        let long = Value::Array(vec![json!({"op": "remove", "path": "/a"}); MAX_OPERATIONS + 1]);
        assert_eq!(
            PatchOperations::read(long.to_string().as_bytes()).expect_err("long").errors()[0].code(),
            "too_many"
        );
    }

    #[test]
    fn copies_of_copies_stay_bounded() {
        let mut operations = vec![json!({"op": "add", "path": "/custom/a", "value": "x".repeat(1000)})];
        operations.extend((0..60).map(|n| json!({"op": "copy", "from": "/custom", "path": format!("/custom/b{n}")})));
        let codes = changes(&Value::Array(operations)).map(drop).map_err(|problem| problem.errors()[0].code());
        assert_eq!(codes, Err("too_large"));
    }

    fn small() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(json!(1)), Just(json!("x")), Just(json!([1, 2]))];
        let object = proptest::collection::btree_map("[a-c]", leaf.clone(), 0..3);
        prop_oneof![leaf, object.prop_map(|members| json!(members))]
    }

    proptest! {
        #[test]
        fn a_merge_patch_of_the_difference_makes_the_one_of_the_other(
            before in proptest::collection::btree_map("[a-d]", small(), 0..4),
            after in proptest::collection::btree_map("[a-d]", small(), 0..4),
        ) {
            let (mut before, after) = (json!(before), json!(after));
            let patch = difference(map(&before), map(&after));
            json_patch::merge(&mut before, &Value::Object(patch));
            prop_assert_eq!(before, after);
        }
    }
}
