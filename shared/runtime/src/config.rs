//! The environment of a function, read and checked once at its start.

use aws_credential_types::Credentials;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use lambdesk_objects::ObjectBucket;
use lambdesk_table::keys::{DUE_SHARDS, MOST_DUE_SHARDS};
use secrecy::SecretString;

const SEALING_KEY: &str = "LAMBDESK_SEALING_KEY";
const PREVIOUS_SEALING_KEY: &str = "LAMBDESK_SEALING_KEY_PREVIOUS";

/// What is wrong with the environment: one sentence that names the variable,
/// and never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It is absent or empty.
    #[error("the variable {0} is not set")]
    Missing(&'static str),
    /// It is there, but it can't be used.
    #[error("the variable {name} {problem}")]
    Invalid {
        /// Its name.
        name: &'static str,
        /// What it must be.
        problem: String,
    },
}

/// Where AWS is and as whom it is asked.
#[derive(Debug, Clone)]
pub struct Aws {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, on Lambda, `AWS_SESSION_TOKEN`.
    /// Lambda sets them once per process, so they never have to be renewed.
    pub credentials: Credentials,
    /// Another endpoint than the region's: `AWS_ENDPOINT_URL_DYNAMODB` or `AWS_ENDPOINT_URL`.
    pub dynamodb_url: Option<String>,
    /// The same for SQS: `AWS_ENDPOINT_URL_SQS` or `AWS_ENDPOINT_URL`.
    pub sqs_url: Option<String>,
}

/// Everything a function reads from its environment. What only some functions
/// need is checked when they ask for it.
#[derive(Debug, Clone)]
pub struct Config {
    /// `LAMBDESK_TABLE`: the table's name.
    pub table: String,
    /// Where AWS is.
    pub aws: Aws,
    /// `LAMBDESK_BASE_PATH`: what stands before the API's paths at a custom domain; empty at
    /// the root of one.
    pub base_path: String,
    /// `LAMBDESK_DUE_SHARDS`: how many partitions what is due in one hour is spread over.
    pub due_shards: u8,
    /// `LAMBDESK_ALLOWED_HOSTS`: hosts that webhooks may go to although they are not
    /// public, separated by commas. Unset in the cloud.
    pub allowed_hosts: Vec<String>,
    bucket: Option<ObjectBucket>,
    queue_url: Option<String>,
    sealing_key: Option<SecretString>,
    previous_sealing_key: Option<SecretString>,
    operator_token: Option<SecretString>,
}

impl Config {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// The first variable that every function needs and that is missing or unusable.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads another environment. An empty variable is an absent one, because
    /// the template can set a variable to nothing but can't leave it out.
    ///
    /// # Errors
    /// As [`Config::from_env`].
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name: &'static str| variable(name).filter(|value| !value.is_empty());
        let need = |name: &'static str| get(name).ok_or(ConfigError::Missing(name));
        let hosts = get("LAMBDESK_ALLOWED_HOSTS").unwrap_or_default();
        let table = need("LAMBDESK_TABLE")?;
        let aws = Aws {
            region: need("AWS_REGION")?,
            credentials: Credentials::from_keys(
                need("AWS_ACCESS_KEY_ID")?,
                need("AWS_SECRET_ACCESS_KEY")?,
                get("AWS_SESSION_TOKEN"),
            ),
            dynamodb_url: endpoint("AWS_ENDPOINT_URL_DYNAMODB", get)?,
            sqs_url: endpoint("AWS_ENDPOINT_URL_SQS", get)?,
        };
        Ok(Self {
            table,
            bucket: bucket(&aws, get)?,
            aws,
            due_shards: due_shards(get("LAMBDESK_DUE_SHARDS"))?,
            base_path: get("LAMBDESK_BASE_PATH").unwrap_or_default(),
            allowed_hosts: hosts
                .split(',')
                .map(|host| host.trim().to_owned())
                .filter(|host| !host.is_empty())
                .collect(),
            queue_url: get("LAMBDESK_QUEUE_URL"),
            sealing_key: get(SEALING_KEY).map(SecretString::from),
            previous_sealing_key: get(PREVIOUS_SEALING_KEY).map(SecretString::from),
            operator_token: get("LAMBDESK_OPERATOR_TOKEN").map(SecretString::from),
        })
    }

    /// `LAMBDESK_QUEUE_URL`: the queue of delivery hints.
    ///
    /// # Errors
    /// When it is missing.
    pub fn queue_url(&self) -> Result<&str, ConfigError> {
        self.queue_url.as_deref().ok_or(ConfigError::Missing("LAMBDESK_QUEUE_URL"))
    }

    /// `LAMBDESK_BUCKET`: where the bytes of attachments are; at `AWS_ENDPOINT_URL_S3`
    /// when that is set.
    ///
    /// # Errors
    /// When it is missing.
    pub fn bucket(&self) -> Result<&ObjectBucket, ConfigError> {
        self.bucket.as_ref().ok_or(ConfigError::Missing("LAMBDESK_BUCKET"))
    }

    /// `LAMBDESK_SEALING_KEY`: what cursors, sessions and tokens are sealed with;
    /// 32 bytes in padded base64.
    ///
    /// # Errors
    /// When it is missing or of another form.
    pub fn sealing_key(&self) -> Result<[u8; 32], ConfigError> {
        let text = self.sealing_key.as_ref().ok_or(ConfigError::Missing(SEALING_KEY))?;
        key_bytes(SEALING_KEY, text)
    }

    /// `LAMBDESK_SEALING_KEY_PREVIOUS`: during a rotation the sealing key before, whose
    /// seals still open; in the same form.
    ///
    /// # Errors
    /// When it is of another form, the same key again, or there without the key that
    /// follows it.
    pub fn previous_sealing_key(&self) -> Result<Option<[u8; 32]>, ConfigError> {
        let Some(text) = &self.previous_sealing_key else {
            return Ok(None);
        };
        let previous = key_bytes(PREVIOUS_SEALING_KEY, text)?;
        if previous == self.sealing_key()? {
            let problem = format!("must be another key than {SEALING_KEY}");
            return Err(ConfigError::Invalid { name: PREVIOUS_SEALING_KEY, problem });
        }
        Ok(Some(previous))
    }

    /// `LAMBDESK_OPERATOR_TOKEN`: the bearer token that may create workspaces; none
    /// where nobody may.
    #[must_use]
    pub fn operator_token(&self) -> Option<&SecretString> {
        self.operator_token.as_ref()
    }
}

fn due_shards(text: Option<String>) -> Result<u8, ConfigError> {
    let Some(text) = text else {
        return Ok(DUE_SHARDS);
    };
    text.parse().ok().filter(|shards| (DUE_SHARDS..=MOST_DUE_SHARDS).contains(shards)).ok_or_else(|| {
        let problem = format!("must be a number from {DUE_SHARDS} to {MOST_DUE_SHARDS}");
        ConfigError::Invalid { name: "LAMBDESK_DUE_SHARDS", problem }
    })
}

fn key_bytes(name: &'static str, text: &SecretString) -> Result<[u8; 32], ConfigError> {
    use secrecy::ExposeSecret as _;
    let bytes = STANDARD.decode(text.expose_secret()).unwrap_or_default();
    bytes.try_into().map_err(|_| ConfigError::Invalid {
        name,
        problem: "must be 32 bytes in base64 (44 characters, padded)".to_owned(),
    })
}

/// The bucket, where one is named. As whom and in which region it is asked is as for the rest.
fn bucket(aws: &Aws, get: impl Fn(&'static str) -> Option<String> + Copy) -> Result<Option<ObjectBucket>, ConfigError> {
    let Some(name) = get("LAMBDESK_BUCKET") else {
        return Ok(None);
    };
    let endpoint = endpoint("AWS_ENDPOINT_URL_S3", get)?;
    Ok(Some(ObjectBucket { name, region: aws.region.clone(), credentials: aws.credentials.clone(), endpoint }))
}

/// The service's own variable wins over the one for all services, as in AWS's SDKs.
fn endpoint(name: &'static str, get: impl Fn(&'static str) -> Option<String>) -> Result<Option<String>, ConfigError> {
    const ANY: &str = "AWS_ENDPOINT_URL";
    let found = get(name).map(|url| (name, url)).or_else(|| get(ANY).map(|url| (ANY, url)));
    match found {
        Some((name, url)) if !url.starts_with("http://") && !url.starts_with("https://") => {
            let problem = "must begin with http:// or https://".to_owned();
            Err(ConfigError::Invalid { name, problem })
        }
        found => Ok(found.map(|(_, url)| url)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: [(&str, &str); 4] = [
        ("LAMBDESK_TABLE", "lambdesk-test"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
    ];

    fn read(more: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let all: Vec<_> = more.iter().chain(&COMPLETE).copied().collect();
        Config::read(|name| {
            let found = all.iter().find(|(given, _)| *given == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn invalid(result: Result<Config, ConfigError>) -> String {
        result.expect_err("refused").to_string()
    }

    #[test]
    fn a_missing_or_empty_variable_is_named_in_one_sentence() {
        for (name, _) in COMPLETE {
            let sentence = invalid(read(&[(name, "")]));
            assert_eq!(sentence, format!("the variable {name} is not set"));
        }
        let config = read(&[]).unwrap();
        let missing = config.queue_url().unwrap_err().to_string();
        assert_eq!(missing, "the variable LAMBDESK_QUEUE_URL is not set");
    }

    #[test]
    fn the_services_own_endpoint_wins_over_the_one_for_all() {
        let any = ("AWS_ENDPOINT_URL", "http://localhost:1");
        let own = ("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:2");
        let aws = read(&[any, own]).unwrap().aws;
        assert_eq!(aws.dynamodb_url.as_deref(), Some(own.1));
        assert_eq!(aws.sqs_url.as_deref(), Some(any.1));
        assert_eq!(read(&[]).unwrap().aws.dynamodb_url, None);
        let sentence = invalid(read(&[("AWS_ENDPOINT_URL", "localhost:1")]));
        let expected = "the variable AWS_ENDPOINT_URL must begin with http:// or https://";
        assert_eq!(sentence, expected);
    }

    #[test]
    fn a_bucket_is_asked_as_the_function_and_at_its_own_endpoint() {
        let missing = read(&[]).unwrap().bucket().unwrap_err().to_string();
        assert_eq!(missing, "the variable LAMBDESK_BUCKET is not set");
        let config = read(&[("LAMBDESK_BUCKET", "files"), ("AWS_ENDPOINT_URL_S3", "http://localhost:3")]).unwrap();
        let bucket = config.bucket().unwrap();
        assert_eq!((bucket.name.as_str(), bucket.region.as_str()), ("files", "eu-central-1"));
        assert_eq!(bucket.endpoint.as_deref(), Some("http://localhost:3"));
        assert_eq!(bucket.credentials, config.aws.credentials);
    }

    #[test]
    fn a_sealing_key_is_exactly_32_bytes() {
        let of = |bytes: &[u8]| {
            let text = STANDARD.encode(bytes);
            let config = read(&[("LAMBDESK_SEALING_KEY", text.as_str())]).unwrap();
            config.sealing_key()
        };
        assert_eq!(of(&[7; 32]), Ok([7; 32]));
        assert!(of(&[7; 31]).is_err() && of(&[7; 33]).is_err());
    }

    #[test]
    fn a_previous_sealing_key_is_another_key_beside_the_current_one() {
        let of = |current: &str, previous: &str| {
            let config = read(&[(SEALING_KEY, current), (PREVIOUS_SEALING_KEY, previous)]).unwrap();
            config.previous_sealing_key().map_err(|error| error.to_string())
        };
        let (old, new) = (STANDARD.encode([0x41; 32]), STANDARD.encode([0x42; 32]));
        assert_eq!(of(&new, &old), Ok(Some([0x41; 32])));
        assert_eq!(of(&new, ""), Ok(None));
        assert_eq!(of("", &old), Err("the variable LAMBDESK_SEALING_KEY is not set".to_owned()));
        let same = "the variable LAMBDESK_SEALING_KEY_PREVIOUS must be another key than LAMBDESK_SEALING_KEY";
        assert_eq!(of(&new, &new), Err(same.to_owned()));
        for malformed in [&old[1..], &format!("{old}\n"), &STANDARD.encode([0x41; 31]), "hunter2"] {
            let sentence = of(&new, malformed).unwrap_err();
            let expected =
                "the variable LAMBDESK_SEALING_KEY_PREVIOUS must be 32 bytes in base64 (44 characters, padded)";
            assert_eq!(sentence, expected);
        }
    }

    #[test]
    fn allowed_hosts_are_a_list_with_commas() {
        let config = read(&[("LAMBDESK_ALLOWED_HOSTS", "localhost, receiver.test:9000,")]);
        assert_eq!(config.unwrap().allowed_hosts, ["localhost", "receiver.test:9000"]);
        assert!(read(&[]).unwrap().allowed_hosts.is_empty());
    }

    #[test]
    fn no_secret_shows_in_debug() {
        let [key, previous] = [0x41, 0x42].map(|byte| STANDARD.encode([byte; 32]));
        let config = read(&[
            ("LAMBDESK_SEALING_KEY", key.as_str()),
            ("LAMBDESK_SEALING_KEY_PREVIOUS", previous.as_str()),
            ("LAMBDESK_OPERATOR_TOKEN", "hunter2-token"),
            ("AWS_SESSION_TOKEN", "hunter2-session"),
            ("LAMBDESK_BUCKET", "files"),
        ]);
        let shown = format!("{:?}", config.unwrap());
        assert!(!shown.contains("hunter2") && !shown.contains(&key) && !shown.contains(&previous), "{shown}");
    }
}
