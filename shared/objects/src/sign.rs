//! Signed requests: AWS Signature Version 4 in the query of a URL.

use crate::{
    bucket::{ObjectBucket, Objects},
    error::ObjectsError,
    key::ObjectKey,
};
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest, SignatureLocation,
        SigningSettings, UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use lambdesk_domain::{
    attachment::FileSize,
    text::{FileName, MediaType},
    time::Timestamp,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::{Duration, UNIX_EPOCH};

/// How long an upload may begin after it was announced.
const UPLOAD: Duration = Duration::from_mins(15);
/// How long a link to a file may be followed.
const DOWNLOAD: Duration = Duration::from_mins(5);

/// The tag of an object that no message has taken yet; the bucket's lifecycle
/// removes what has it after a day.
pub const PENDING: &str = "state=pending";

/// What RFC 3986 leaves unreserved, and nothing else.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request that stores one object, once. Whoever has it may send it.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUpload {
    /// Its method.
    pub method: &'static str,
    /// Its URL.
    pub url: String,
    /// Its headers, each of which must be sent just so.
    pub headers: Vec<(&'static str, String)>,
    /// Until when it may be sent.
    pub expires_at: Timestamp,
}

/// A link to one file. Whoever has it may follow it.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedDownload {
    /// The link.
    pub url: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

impl Objects {
    /// The request that uploads a file: of exactly this size and type, and only
    /// while there is none under this name.
    ///
    /// # Errors
    /// When the bucket's address is not usable.
    pub fn presign_put(
        &self,
        key: &ObjectKey,
        size: FileSize,
        content_type: &MediaType,
        now: Timestamp,
    ) -> Result<SignedUpload, ObjectsError> {
        let headers = vec![
            ("content-length", size.bytes().to_string()),
            ("content-type", content_type.as_str().to_owned()),
            ("if-none-match", "*".to_owned()),
            ("x-amz-tagging", PENDING.to_owned()),
        ];
        let url = presign(self.bucket(), "PUT", &self.bucket().url(key), &headers, UPLOAD, now)?;
        Ok(SignedUpload { method: "PUT", url, headers, expires_at: now.plus(UPLOAD) })
    }

    /// The link that downloads a file under its name. The answer tells clients to
    /// save it, so that nothing of it runs where the object store is at home.
    ///
    /// # Errors
    /// When the bucket's address is not usable.
    pub fn presign_get(
        &self,
        key: &ObjectKey,
        file_name: &FileName,
        content_type: &MediaType,
        now: Timestamp,
    ) -> Result<SignedDownload, ObjectsError> {
        let encoded = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
        let url = format!(
            "{}?response-content-disposition={}&response-content-type={}",
            self.bucket().url(key),
            encoded(&disposition(file_name)),
            encoded(content_type.as_str()),
        );
        let url = presign(self.bucket(), "GET", &url, &[], DOWNLOAD, now)?;
        Ok(SignedDownload { url, expires_at: now.plus(DOWNLOAD) })
    }
}

/// `attachment` with the name twice (RFC 6266): in ASCII for old clients, whole for the others.
fn disposition(file_name: &FileName) -> String {
    let is_plain = |c: char| c == ' ' || c.is_ascii_graphic() && !"\"\\%".contains(c);
    let plain: String = file_name.as_str().chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let whole = utf8_percent_encode(file_name.as_str(), RESERVED);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

impl ObjectBucket {
    /// The unsigned URL of an object: under the bucket's own host, or below the
    /// endpoint's path.
    pub(crate) fn url(&self, key: &ObjectKey) -> String {
        let Self { name, region, endpoint, .. } = self;
        if let Some(endpoint) = endpoint {
            return format!("{endpoint}/{name}/{key}");
        }
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://{name}.s3.{region}.{suffix}/{key}")
    }
}

/// The URL with a signature that covers method, path, query and these headers, for so long.
pub(crate) fn presign(
    bucket: &ObjectBucket,
    method: &str,
    url: &str,
    headers: &[(&str, String)],
    lives: Duration,
    now: Timestamp,
) -> Result<String, ObjectsError> {
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(lives);
    settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    settings.session_token_mode = SessionTokenMode::Include;
    // S3 takes paths as they are.
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    let identity = bucket.credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&bucket.region)
        .name("s3")
        .time(UNIX_EPOCH + Duration::from_millis(now.millis()))
        .settings(settings)
        .build()
        .map_err(|_| ObjectsError::Address)?
        .into();
    let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let request = SignableRequest::new(method, url, headers, SignableBody::UnsignedPayload);
    let request = request.map_err(|_| ObjectsError::Address)?;
    let (instructions, _) = sign(request, &params).map_err(|_| ObjectsError::Address)?.into_parts();
    let mut signed = http::Request::builder().uri(url).body(()).map_err(|_| ObjectsError::Address)?;
    instructions.apply_to_request_http1x(&mut signed);
    Ok(signed.uri().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::Credentials;

    fn bucket(credentials: Credentials) -> ObjectBucket {
        let (name, region) = ("examplebucket".to_owned(), "us-east-1".to_owned());
        ObjectBucket { name, region, credentials, endpoint: None }
    }

    /// The example of AWS's reference "Authenticating requests: using query
    /// parameters", whose credentials, date and signature are published.
    #[test]
    fn the_signature_of_awss_published_example_comes_out() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let bucket = bucket(Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", secret, None));
        let now = Timestamp::from_millis(1_369_353_600_000);
        let url = "https://examplebucket.s3.amazonaws.com/test.txt";
        let signed = presign(&bucket, "GET", url, &[], Duration::from_hours(24), now).expect("signed");
        let signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        assert!(signed.ends_with(&format!("X-Amz-Signature={signature}")), "{signed}");
        assert!(signed.contains("X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"), "{signed}");
    }

    fn key() -> ObjectKey {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        ObjectKey::parse(&format!("{id}/{id}/{id}")).expect("a name")
    }

    /// What AWS's SDK for Python (botocore 1.35.99, `S3SigV4QueryAuth`) signs the same request with.
    fn is_signed_as_by_botocore(url: &str, signature: &str) {
        assert!(url.contains(&format!("&X-Amz-Signature={signature}")), "{url}");
    }

    fn objects(credentials: Credentials) -> Objects {
        Objects::new(bucket(credentials), |_| panic!("signing makes no request"))
    }

    #[test]
    fn an_upload_is_bound_to_size_type_and_first_time() {
        let objects = objects(Credentials::from_keys("id", "hunter2", Some("token/hunter3".to_owned())));
        let size = FileSize::try_from(7).expect("in range");
        let now = Timestamp::from_millis(1_800_000_000_000);
        let upload = objects.presign_put(&key(), size, &"image/png".parse().expect("a type"), now).expect("signed");
        let signed = "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bif-none-match%3Bx-amz-tagging";
        assert!(upload.url.contains(signed), "{}", upload.url);
        assert!(upload.url.contains("X-Amz-Security-Token=token%2Fhunter3"), "{}", upload.url);
        assert!(!upload.url.contains("hunter2") && !format!("{objects:?}").contains("hunter"), "{objects:?}");
        let host = format!("https://examplebucket.s3.us-east-1.amazonaws.com/{}?", key());
        assert!(upload.url.starts_with(&host), "{}", upload.url);
        is_signed_as_by_botocore(&upload.url, "ce7f7e08711db05efb3415e3ed5deb346a5b052cdd6c3578b814f782d067b1cd");
        assert_eq!(upload.expires_at, now.plus(UPLOAD));
        assert!(upload.headers.contains(&("content-length", "7".to_owned())));
    }

    #[test]
    fn a_download_is_saved_under_its_name_and_never_shown() {
        let name: FileName = "Rechnung \"März\".html".parse().expect("a name");
        let shown = disposition(&name);
        let whole = "filename*=UTF-8''Rechnung%20_M%C3%A4rz_.html";
        assert_eq!(shown, format!("attachment; filename=\"Rechnung _M_rz_.html\"; {whole}"));
        let objects = objects(Credentials::from_keys("id", "hunter2", None));
        let kind = "text/html".parse().expect("a type");
        let now = Timestamp::from_millis(1_800_000_000_000);
        let link = objects.presign_get(&key(), &name, &kind, now).expect("signed");
        is_signed_as_by_botocore(&link.url, "6f61ead4552ecf3054e03b43331f3e1173a8c4cb8fea9af9d03960bea8938283");
        assert!(link.url.contains("?response-content-disposition=attachment%3B%20filename"), "{}", link.url);
        assert!(link.url.contains("&response-content-type=text%2Fhtml&X-Amz-"), "{}", link.url);
        assert_eq!(link.expires_at, now.plus(DOWNLOAD));
    }

    #[test]
    fn regions_of_china_have_their_own_suffix() {
        let mut bucket = bucket(Credentials::from_keys("id", "secret", None));
        bucket.region = "cn-north-1".to_owned();
        assert!(bucket.url(&key()).starts_with("https://examplebucket.s3.cn-north-1.amazonaws.com.cn/"));
        bucket.endpoint = Some("http://127.0.0.1:8080/objects".to_owned());
        assert!(bucket.url(&key()).starts_with("http://127.0.0.1:8080/objects/examplebucket/0189"));
    }
}
