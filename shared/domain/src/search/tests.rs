//! Words of texts and of searches, in many scripts.

use super::*;
use crate::{id::TagId, text::Name};

fn found(text: &str) -> Vec<String> {
    words(text).iter().map(|word| word.as_str().to_owned()).collect()
}

fn asked(text: &str) -> Result<String, InvalidSearch> {
    text.parse::<SearchQuery>().map(|query| query.to_string())
}

/// Whether a search finds a text: all of its words meet one of the text.
fn finds(query: &str, text: &str) -> bool {
    let (query, words): (SearchQuery, _) = (query.parse().expect("a search"), words(text));
    query.words().all(|asked| words.iter().any(|word| SearchQuery::meets(asked, word.as_str())))
}

#[test]
fn case_accents_width_and_ligatures_make_no_difference() {
    assert_eq!(found("Crème BRÛLÉE ﬁnally"), ["brulee", "creme", "finally"]);
    assert_eq!(found("Straße İstanbul Łódź Ørsted"), ["istanbul", "lodz", "orsted", "strasse"]);
    assert_eq!(found("１２３ ℌello"), ["123", "hello"]);
}

#[test]
fn a_text_is_cut_into_letters_and_digits() {
    assert_eq!(found("don't re-open INV-2024/00123, ok?"), ["00123", "2024", "don", "inv", "ok", "open", "re", "t"]);
    assert_eq!(found("€ 1.234,50 — snake_case"), ["1", "234", "50", "case", "snake"]);
    assert_eq!(found("返品 したい"), ["い", "した", "たい", "品", "返品"]);
    assert_eq!(found(" \t—…!? "), [""; 0]);
}

#[test]
fn an_address_is_found_whole_and_in_parts_whatever_stands_around_it() {
    let address = "grace.h+desk@mail.example";
    assert_eq!(
        found(&format!("Write <mailto:{address}>.")),
        ["desk", "example", "grace", address, "h", "mail", "mailto", "write"]
    );
    assert_eq!(asked(&format!("{address} ")), Ok(address.to_owned()));
    assert_eq!(asked("grace.h+desk@ma"), Ok("grace.h+desk@ma".to_owned()));
    assert_eq!(asked("@mail.example"), Ok("example mail".to_owned()));
    for (query, text) in [
        ("hanako@mail.example", "連絡先はhanako@mail.exampleです"),
        ("lena@mail.example", "mail—lena@mail.example"),
        ("nora@mail.example", "cc→nora@mail.example"),
        ("uma@mail.example", "*uma@mail.example*"),
        ("ivo@mail.example", "to:ivo@mail.example,and others"),
        ("почта@пример.example", "(почта@пример.example)"),
        ("som@mail.example", "อีเมลsom@mail.exampleนะครับ"),
    ] {
        assert!(finds(query, text), "{query} in {text}");
    }
}

#[test]
fn long_words_count_by_their_beginning_in_text_and_search_alike() {
    let long = "x".repeat(40);
    assert_eq!(found(&long), ["x".repeat(32)]);
    assert_eq!(asked(&long), Ok("x".repeat(32)));
}

#[test]
fn a_text_has_a_bounded_number_of_words() {
    let text: Vec<_> = (0..3_000).map(|number| format!("w{number}")).collect();
    assert_eq!(words(&text.join(" ")).len(), MOST_WORDS);
}

#[test]
fn of_a_long_search_the_most_telling_words_count() {
    assert_eq!(asked("  ?! "), Err(InvalidSearch::Empty));
    assert_eq!(asked(&"a".repeat(257)), Err(InvalidSearch::TooLong));
    assert_eq!(asked("on invoices of 4711 from"), Ok("invoices 4711 from of on".to_owned()));
    let text: Vec<_> = (0..40).map(|number| format!("{}{number:02}", "x".repeat(1 + number % 3))).collect();
    let query: SearchQuery = text.join(" ").parse().expect("a search");
    assert_eq!(query.terms().len(), MOST_ASKED);
    assert!(query.words().take(13).all(|word| word.as_str().starts_with("xxx")));
}

#[test]
fn a_word_that_another_one_implies_is_left_out() {
    assert_eq!(asked("mail mailbox"), Ok("mailbox".to_owned()));
    assert_eq!(asked("a ab"), Ok("ab a".to_owned()));
}

#[test]
fn words_of_two_letters_and_more_stand_for_all_that_begin_with_them() {
    let meets = |asked: &str, word: &str| SearchQuery::meets(&Word::of(asked), word);
    assert!(meets("pr", "printer") && meets("47", "4711") && meets("printer", "printer"));
    assert!(!meets("p", "printer") && meets("p", "p") && !meets("printers", "printer"));
    assert!(meets("品", "品し"), "of scripts without spaces one does, too");
}

/// The terms of a search, each as its words and its number.
fn terms(text: &str) -> Vec<(Vec<String>, Option<u64>)> {
    let query: SearchQuery = text.parse().expect("a search");
    let words = |term: &SearchTerm| term.words().iter().map(|word| word.as_str().to_owned()).collect();
    query.terms().iter().map(|term| (words(term), term.number().map(|number| number.0))).collect()
}

#[test]
fn a_number_with_its_sign_is_a_word_and_alone_it_is_the_ticket_of_that_number() {
    assert_eq!(
        found("Re: #42, ＃٤٣ and C#44 or &#39;"),
        ["#42", "#43", "39", "42", "43", "44", "and", "c", "or", "re"]
    );
    let word = |word: &str| vec![word.to_owned()];
    for alone in ["#42", " ＃42 ", "#٤٢"] {
        assert_eq!((terms(alone), asked(alone)), (vec![(Vec::new(), Some(42))], Ok("#42".to_owned())), "{alone}");
    }
    assert_eq!(terms("42"), [(word("42"), Some(42))]);
    assert_eq!(terms("lamp #42"), [(word("lamp"), None), (word("#42"), Some(42))]);
    assert_eq!(terms("#042"), [(word("#042"), None)]);
    assert_eq!(terms("#0 a"), [(word("#0"), None), (word("a"), None)]);
    assert_eq!(terms("C#42"), [(word("42"), Some(42)), (word("c"), None)]);
    assert_eq!(terms("9999999999999999"), [(word("9999999999999999"), None)]);
    assert!(finds("Order #4711 is late", "Re: Order #4711 is late!") && !finds("#47 late", "#4711 late"));
}

#[test]
fn a_telephone_number_is_found_however_its_digits_are_grouped() {
    let phone = words_of_phone("+49 (0)30 123-4567");
    let finds = |query: &str| {
        let query: SearchQuery = query.parse().expect("a search");
        let is_met = |asked: &Word| phone.iter().any(|word| SearchQuery::meets(asked, word.as_str()));
        query.terms().iter().all(|term| term.words().iter().any(is_met))
    };
    for query in [
        "+49 30 1234567",
        "+49301234567",
        "0049 30 123 45 67",
        "030 1234567",
        "(030) 123-4567",
        "030/1234567",
        "30 1234567",
        "1234567",
        "123 4567",
        "+49 (0)30 123-4567",
    ] {
        assert!(finds(query), "{query}");
    }
    for query in ["+49 30 1234568", "031 1234567", "030 1234567 lamp"] {
        assert!(!finds(query), "{query}");
    }
    assert_eq!(words_of_phone("ext. 12"), words("ext. 12"));
}

#[test]
fn words_stand_for_tags_of_their_names_too() {
    let names: Vec<_> = ["VIP customer", "customs", "late"].map(|name| name.parse::<Name>().expect("a name")).into();
    let tag = |number| TagId::new(uuid::Uuid::from_u128(number));
    let tags = || (1..).map(tag).zip(&names);
    let query = |text: &str| text.parse::<SearchQuery>().expect("a search").with_tags(tags());
    let of = |text: &str| query(text).terms().iter().map(|term| term.words()[1..].to_vec()).collect::<Vec<_>>();
    assert_eq!(of("custom"), [[Word::of_tag(tag(2)), Word::of_tag(tag(1))]]);
    assert_eq!(of("vip customer"), [[Word::of_tag(tag(1))], [Word::of_tag(tag(1))]]);
    assert_eq!(of("lamp"), [[]]);
    assert_eq!(query("vip").to_string(), "vip", "a renamed tag ends no cursor");
    assert!(!SearchQuery::meets(&Word::of("00"), Word::of_tag(tag(1)).as_str()));
    let many: Vec<Name> = (0..20).map(|number| format!("late {number}").parse().expect("a name")).collect();
    let query = "late".parse::<SearchQuery>().expect("a search").with_tags((1..).map(tag).zip(&many));
    assert_eq!(query.terms()[0].words().len(), 9);
}

#[test]
fn a_word_of_a_contact_is_met_like_any_other_and_told_apart() {
    let word = Word::of("p").of_client();
    assert!(SearchQuery::meets(&Word::of("p"), word.as_str()) && SearchQuery::is_of_client(word.as_str()));
    let word = Word::of("printer").of_client();
    assert!(SearchQuery::meets(&Word::of("pr"), word.as_str()) && !SearchQuery::is_of_client("printer"));
}

/// A text and a query of the same, in twenty scripts and in what people paste.
const SCRIPTS: [(&str, &str); 68] = [
    ("Οι παραγγελίες μου", "ΠΑΡΑΓΓΕΛΙΕΣ"),
    ("φακός", "ΦΑΚΟΣ"),
    ("ΦΑΚΟΣ", "φακός"),
    ("Ο κωδικός μου", "κωδικος"),
    ("Моя посылка не пришла", "ПОСЫЛКА"),
    ("Всё ещё жду", "еще"),
    ("Їжак і ґанок", "ґанок"),
    ("Добър ден, поръчката", "ПОРЪЧКАТА"),
    ("הַזְמָנָה שֶׁלִּי", "הזמנה"),
    ("החשבונית שלי", "החשבונית"),
    ("رقم الطلب ٤٥٦٧", "4567"),
    ("شماره ۴۵۶۸", "4568"),
    ("ســلام عليكم", "سلام"),
    ("مُحَمَّد", "محمد"),
    ("أين الطلب", "اين"),
    ("كتاب", "کتاب"),
    ("یک کتاب", "كتاب"),
    ("المدرسة", "المدرسه"),
    ("ऑर्डर ४५६९", "4569"),
    ("मेरा ऑर्डर कहाँ है", "ऑर्डर"),
    ("हिन्दी में", "हिन्दी"),
    ("আমার অর্ডার ৪৫", "45"),
    ("আমার অর্ডার", "অর্ডার"),
    ("ਮੇਰਾ ਆਰਡਰ", "ਆਰਡਰ"),
    ("મારો ઓર્ડર", "ઓર્ડર"),
    ("என் ஆர்டர் எங்கே", "ஆர்டர்"),
    ("నా ఆర్డర్", "ఆర్డర్"),
    ("ನನ್ನ ಆದೇಶ", "ಆದೇಶ"),
    ("എന്റെ ഓർഡർ", "ഓർഡർ"),
    ("මගේ ඇණවුම", "ඇණවුම"),
    ("ข่าวประชาสัมพันธ์วันนี้", "ประชาสัมพันธ์"),
    ("ราคา ๑๒๓ บาท", "123"),
    ("ກະລຸນາຊ່ວຍຂ້ອຍ", "ຊ່ວຍ"),
    ("សូមជួយខ្ញុំផង", "ជួយ"),
    ("ကျွန်တော့်အမှာစာ", "အမှာစာ"),
    ("请问我的订单号码是多少？", "我的订单号码是多少"),
    ("订单", "订单"),
    ("訂單號碼", "號碼"),
    ("すみません、注文番号をおしえてください。", "注文番号をおしえてください"),
    ("プリンターが動かない", "プリンター"),
    ("ﾌﾟﾘﾝﾀｰ", "プリンター"),
    ("がぎぐ", "がぎ"),
    ("주문을 취소해 주세요", "주문"),
    ("주문번호", "주문번호"),
    ("ჩემი შეკვეთა", "შეკვეთა"),
    ("Իմ պատվերը", "ՊԱՏՎԵՐԸ"),
    ("ትዕዛዜ የት ነው", "ትዕዛዜ"),
    ("ང་ཡི་ཨང", "ཨང"),
    ("ᏣᎳᎩ", "ᏣᎳᎩ"),
    ("LG™ Monitor", "LG"),
    ("Monitor LG", "LG™"),
    ("№77", "77"),
    ("AB²", "AB"),
    ("AB²", "AB2"),
    ("H₂O", "H2O"),
    ("5㎏", "5kg"),
    ("20℃", "20"),
    ("Straße", "STRASSE"),
    ("İSTANBUL", "istanbul"),
    ("ISPARTA ılık", "ilik"),
    ("Việt Nam đơn hàng", "don hang"),
    ("Ångström", "angstrom"),
    ("co\u{ad}operate", "cooperate"),
    ("zero\u{200d}width", "zerowidth"),
    ("\u{202e}mirror", "mirror"),
    ("ﷺ", "صلى"),
    ("Ⅷ", "VIII"),
    ("𝐛𝐨𝐥𝐝", "bold"),
];

#[test]
fn what_reads_the_same_is_found_in_every_script() {
    for (text, query) in SCRIPTS {
        assert!(finds(query, text), "{query} in {text}: {:?} in {:?}", asked(query), found(text));
        assert!(finds(text, text), "{text} by itself: {:?} in {:?}", asked(text), found(text));
    }
}

#[test]
fn other_words_are_not_found() {
    for (text, query) in [
        ("订单号码", "码号"),
        ("ประชาชน", "สัมพันธ์"),
        ("プリンター", "フリンター"),
        ("कमल", "कमाल"),
        ("4567", "7654"),
        ("hanako@mail.example", "anako@mail.example"),
    ] {
        assert!(!finds(query, text), "{query} in {text}: {:?} in {:?}", asked(query), found(text));
    }
}

#[test]
fn a_pasted_subject_and_a_pasted_address_of_a_page_find_their_ticket() {
    let subject = "Re: My order from last week has still not arrived at the new address";
    assert!(finds(subject, &format!("Fwd: {subject}!")));
    let page = "https://shop.example/de/products/lamp-shade-40cm?variant=white&ref=mail#reviews";
    assert!(finds(page, &format!("I mean this one: {page}, please")));
}
