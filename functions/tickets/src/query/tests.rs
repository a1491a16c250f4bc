use super::*;
use axum::response::IntoResponse as _;
use lambdesk_api::normal_form::QueryHash;
use lambdesk_domain::{
    access::{AccessRules, Role},
    custom_field::{FieldDefinition, FieldKind},
    directory::{Category, DeletionPolicy, Entry, Retention, Tag, Workspace},
    id::{CategoryId, FieldId, TagId, UserId, WorkspaceId},
    time::Timestamp,
};
use lambdesk_testkit::ClientAnswer;
use std::collections::HashSet;
use uuid::Uuid;

const USER: UserId = UserId::new(Uuid::from_u128(1));
const VIP: TagId = TagId::new(Uuid::from_u128(2));
const LATE: TagId = TagId::new(Uuid::from_u128(3));
const BILLING: CategoryId = CategoryId::new(Uuid::from_u128(4));

/// With two tags, of which one has a comma, a category and two custom fields.
fn directory() -> Directory {
    let mut directory = Directory::new(Workspace {
        id: WorkspaceId::new(Uuid::nil()),
        name: "Desk".parse().unwrap(),
        access: AccessRules::default(),
        deletion: DeletionPolicy::Trash,
        retention: Retention::default(),
        salt: String::new(),
        created_at: Timestamp::EPOCH,
    });
    let field = |id: u128, key: &str, kind| FieldDefinition {
        id: FieldId::new(Uuid::from_u128(id)),
        key: key.parse().unwrap(),
        name: "A field".parse().unwrap(),
        kind,
        is_required: false,
        options: ["gold, large", "gold", "silver"].map(|option| option.parse().unwrap()).into(),
    };
    for entry in [
        Entry::Tag(Tag { id: VIP, name: "vip".parse().unwrap(), color: None }),
        Entry::Tag(Tag { id: LATE, name: "late, again".parse().unwrap(), color: None }),
        Entry::Category(Category { id: BILLING, name: "Billing".parse().unwrap() }),
        Entry::Field(field(5, "plan", FieldKind::Choice)),
        Entry::Field(field(6, "plans", FieldKind::Choices)),
    ] {
        directory.insert(entry);
    }
    directory
}

fn caller() -> Actor {
    Actor::User { id: USER, name: "Grace".parse().unwrap(), role: Role::Agent }
}

fn parsed(text: &str) -> Result<TicketQuery, Problem> {
    TicketQuery::parse(QueryParameters::parse(text).unwrap(), &directory(), &caller(), ClientDetail::Whole)
}

fn hash(text: &str) -> QueryHash {
    parsed(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}")).normal_form().hash()
}

#[test]
fn two_spellings_of_a_query_are_one() {
    let (vip, late, billing, me) = (VIP.to_string(), LATE.to_string(), BILLING.to_string(), USER.to_string());
    for spellings in [
        ["", "limit=7&with_total=true", "sort=-last_activity_at"].map(str::to_owned),
        ["status=open,waiting", "status[]=waiting&status=open", "status=waiting,open,waiting"].map(str::to_owned),
        ["priority=low&source=api", "source=api&priority=low", "priority=low,low&source=api"].map(str::to_owned),
        ["tag=VIP&tag=late,%20again".to_owned(), format!("tag_id={late},{vip}"), format!("tag={vip}&tag_id={late}")],
        ["category=billing".to_owned(), format!("category_id={billing}"), format!("category={billing}")],
        ["assignee_id=me,none".to_owned(), format!("assignee_id=none,{me}"), "assignee_id=me,me,none".to_owned()],
        ["q=lamp+broken", "q=BROKEN%20lamp", "q=broken,lamp&sort=-number"].map(str::to_owned),
        ["is_closed=true", "status=resolved,closed", "status=closed,resolved&is_spam=0"].map(str::to_owned),
        ["custom.plan=gold,silver", "custom.plan=silver&custom.plan=gold", "custom.plan=gold,silver,gold"]
            .map(str::to_owned),
        [
            "created_after=2026-01-15T15:30:00Z",
            "created_after=2026-01-15T16:30:00%2B01:00",
            "created_after=2026-01-15T15:30:00.000Z",
        ]
        .map(str::to_owned),
    ] {
        assert!(spellings.iter().all(|other| hash(other) == hash(&spellings[0])), "{spellings:?}");
    }
}

#[test]
fn different_queries_are_different() {
    let time = "2026-01-15T15:30:00Z";
    let mut texts: Vec<String> = ["created", "updated", "last_activity"]
        .into_iter()
        .flat_map(|name| ["after", "before"].map(|end| format!("{name}_{end}={time}")))
        .collect();
    let id = Uuid::max().to_string();
    texts.extend(
        ["channel_id", "assignee_id", "team_id", "tag_id", "category_id", "contact_id", "account_id", "uid"]
            .map(|name| format!("{name}={id}")),
    );
    texts.extend(Sort::NAMES.iter().flat_map(|(name, _)| [format!("sort={name}"), format!("sort=-{name}&q=lamp")]));
    texts.extend(
        [
            "",
            "status=open",
            "status=open,waiting",
            "is_closed=true",
            "is_archived=true",
            "processed=false",
            "include=spam",
            "include=archived",
            "include=archived&status=open",
            "include=follow_up",
            "source=api",
            "priority=low",
            "priority=low,high",
            "priority=low&source=api",
            "channel_type=chat",
            "awaiting=agent",
            "assignee_id=me",
            "assignee_id=none",
            "team_id=none",
            "tag=vip",
            "tag=vip&tag=late,%20again",
            "category=billing",
            "custom.plan=gold",
            "custom.plan=gold,%20large",
            "custom.plans=gold",
            "is_read_by_customer=true",
            "is_read_by_customer=false",
            "is_read_by_organization=true",
            "q=broken",
        ]
        .map(str::to_owned),
    );
    let forms: HashSet<_> = texts.iter().map(|text| format!("{:?}", hash(text))).collect();
    assert_eq!(forms.len(), texts.len());
}

#[test]
fn notes_that_only_some_callers_search_are_a_part_of_the_query() {
    let of = |caller: &Actor, text| {
        TicketQuery::parse(QueryParameters::parse(text).unwrap(), &directory(), caller, ClientDetail::Whole)
            .unwrap()
            .normal_form()
    };
    let outsider = Actor::Channel {
        key: lambdesk_domain::id::ApiKeyId::new(Uuid::nil()),
        channel: lambdesk_domain::id::ChannelId::new(Uuid::nil()),
    };
    assert_ne!(of(&caller(), "q=lamp"), of(&outsider, "q=lamp"));
    assert_eq!(of(&caller(), "tag=vip"), of(&outsider, "tag=vip"));
}

#[test]
fn what_a_directory_lacks_is_known_before_anything_is_read() {
    let known = |text: &str| are_known(&QueryParameters::parse(text).unwrap(), &directory());
    let id = Uuid::max();
    for text in
        ["", "tag=vip", "tag=VIP,late", "tag=late,%20again,vip", "tag=gone", "category=Billing,gone", "custom.nope=1"]
    {
        let has_all = parsed(text).is_ok();
        assert_eq!(known(text), has_all, "{text}");
    }
    assert!(known(&format!("tag={id}&category={id}&tag_id=x&status=gone&tag=")), "what is no name is not looked up");
    assert!(known("custom.plan=bronze"), "values are the field's business");
}

#[tokio::test]
async fn errors_are_told_together_in_the_order_in_which_parameters_are_read() {
    let text = "nope=1&cursor=a&page=0&limit=0&sort=x&q=&tag=gone&custom.plan=bronze&custom.nope=1&category=gone&status=x&include=x";
    let problem = parsed(text).expect_err("all of it is bad");
    let answer = ClientAnswer::of(problem.into_response()).await;
    let expected = [
        ("?include", "invalid"),
        ("?status", "invalid"),
        ("?category", "no_such_reference"),
        ("?tag", "no_such_reference"),
        ("?custom.plan", "invalid"),
        ("?custom.nope", "invalid"),
        ("?q", "empty"),
        ("?sort", "invalid"),
        ("?limit", "invalid"),
        ("?page", "invalid"),
        ("?nope", "unknown_parameter"),
    ];
    assert_eq!(answer.errors(), expected);
}
