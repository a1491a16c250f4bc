//! The sealing key of a data folder, and files that only their owner can read.

use crate::{Options, StartError};
use lambdesk_api::seal::SealingKey;
use lambdesk_runtime::clock::secret_bytes;
use std::{fs, io, path::Path};

/// The sealing key and, where its file is, the one before.
pub fn sealing_key(options: &Options) -> Result<SealingKey, StartError> {
    if options.memory {
        return Ok(SealingKey::new(&secret_bytes()));
    }
    let current = current_key(&options.data)?;
    let sealing = SealingKey::new(&current);
    Ok(match previous_key(&options.data, &current)? {
        Some(previous) => sealing.with_previous(SealingKey::new(&previous)),
        None => sealing,
    })
}

/// Made once per data folder, readable by its owner only.
fn current_key(folder: &Path) -> Result<[u8; 32], StartError> {
    let path = folder.join("sealing.key");
    let key = match fs::read(&path) {
        Ok(bytes) => bytes.try_into().ok(),
        Err(_) => None,
    };
    if let Some(key) = key {
        return Ok(key);
    }
    let key: [u8; 32] = secret_bytes();
    write_private(&path, &key).map_err(|reason| StartError::Folder { folder: folder.to_owned(), reason })?;
    Ok(key)
}

/// What `sealing.key` was before somebody renamed it to rotate it.
fn previous_key(folder: &Path, current: &[u8; 32]) -> Result<Option<[u8; 32]>, StartError> {
    let path = folder.join("sealing.key.previous");
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => {
            let key = read.ok().and_then(|bytes| bytes.try_into().ok()).filter(|key| key != current);
            key.map(Some).ok_or(StartError::PreviousKey(path))
        }
    }
}

/// Writes a file that only its owner can read. Whoever reads it meanwhile reads all of what
/// was there before.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(new, path)
}
