//! Says in one sentence what to install when libpcap is missing, before the linker says it in fifty lines.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

#[expect(
    clippy::print_stderr,
    reason = "a build script has no other way to end with a sentence"
)]
fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    println!("cargo::rerun-if-env-changed=LIBPCAP_LIBDIR");
    let wanted = env::var_os("CARGO_FEATURE_LIVE").is_some();
    let for_linux = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux");
    let for_this_host = env::var("HOST").ok() == env::var("TARGET").ok();
    // Elsewhere libpcap comes with the system, or is found by means that this script does not know.
    if wanted && for_linux && for_this_host && !(known_to_pkg_config() || in_a_library_folder()) {
        eprintln!(
            "libpcap is missing: install its development package (Debian, Ubuntu: libpcap-dev; Fedora: libpcap-devel; Alpine: \
             libpcap-dev), or build without filters and interfaces: --no-default-features --features cli"
        );
        exit(1);
    }
}

fn known_to_pkg_config() -> bool {
    Command::new("pkg-config")
        .args(["--exists", "libpcap"])
        .status()
        .is_ok_and(|status| status.success())
}

/// Looks where the linker looks: the folder that the `pcap` crate is told, the usual ones, and their subfolders by architecture.
fn in_a_library_folder() -> bool {
    let told = env::var_os("LIBPCAP_LIBDIR").map(PathBuf::from);
    let usual = ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib"].map(PathBuf::from);
    told.into_iter().chain(usual).any(|folder| {
        holds_libpcap(&folder)
            || fs::read_dir(&folder)
                .is_ok_and(|entries| entries.flatten().any(|entry| holds_libpcap(&entry.path())))
    })
}

fn holds_libpcap(folder: &Path) -> bool {
    ["libpcap.so", "libpcap.a"]
        .iter()
        .any(|name| folder.join(name).exists())
}
