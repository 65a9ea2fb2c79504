//! Files that the program writes: never over an input, and `--write` whole or not at all.

use super::plan::is_stdin;
use same_file::Handle;
use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// Whether `output` is one of `inputs`, by whatever name: then writing would destroy what is being read.
pub fn is_input(output: &Path, inputs: &[PathBuf]) -> bool {
    if !fs::metadata(output).is_ok_and(|kind| kind.is_file()) {
        return false;
    }
    let Ok(output) = Handle::from_path(output) else {
        return false;
    };
    inputs.iter().any(|input| {
        let input = if is_stdin(input) {
            Handle::stdin()
        } else {
            Handle::from_path(input)
        };
        input.is_ok_and(|input| input == output)
    })
}

/// A file that appears under its name when it is whole. What had that name stays until then, and for good when writing fails.
#[derive(Debug)]
pub struct Target {
    path: PathBuf,
    out: Out,
}

#[derive(Debug)]
enum Out {
    /// Written beside its place.
    Beside(NamedTempFile),
    /// A pipe or a device, which cannot be replaced.
    There(File),
}

impl Target {
    /// Makes room for a file at `path`.
    pub fn create(path: &Path) -> io::Result<Self> {
        // Through a link, it is what the link points to that is written anew.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let out = match fs::metadata(&path) {
            Ok(kind) if kind.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(kind) if !kind.is_file() => Out::There(File::create(&path)?),
            found => {
                let folder = path
                    .parent()
                    .filter(|folder| !folder.as_os_str().is_empty());
                let mut builder = Builder::new();
                builder.prefix(".rstscope-");
                if let Some(permissions) =
                    found.map_or_else(|_| usual(), |kind| Some(kind.permissions()))
                {
                    builder.permissions(permissions);
                }
                Out::Beside(builder.tempfile_in(folder.unwrap_or(Path::new(".")))?)
            }
        };
        Ok(Self { path, out })
    }

    /// Has `write` write the file, and gives it its name.
    pub fn fill<T>(mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
        let file = match &mut self.out {
            Out::Beside(file) => file.as_file_mut(),
            Out::There(file) => file,
        };
        let mut buffer = BufWriter::new(file);
        let done = write(&mut buffer)?;
        buffer.flush()?;
        drop(buffer);
        if let Out::Beside(file) = self.out {
            file.persist(&self.path).map_err(|error| error.error)?;
        }
        Ok(done)
    }
}

/// What a new file may: the process's mask takes its part.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn usual() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(Permissions::from_mode(0o666))
}

/// What a new file may, where there is nothing to say.
#[cfg(not(unix))]
fn usual() -> Option<Permissions> {
    None
}
