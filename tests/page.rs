//! The page in a real browser: it renders, nothing overflows, nothing complains, and no request leaves it.
//!
//! Needs `chromium` on the path, or `CHROMIUM` naming another one; says so and passes where there is none.

#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its own preparations fail"
)]

mod common;

use common::fixtures;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const PAGES: [&str; 7] = [
    "half-close-expired",
    "keepalive-idle-race",
    "jedis-linger-zero",
    "accept-queue-overflow-old-kernel",
    "forged-rst",
    "lb-idle-timeout",
    "rst-ignored",
];

#[test]
fn pages_render_at_any_width_and_keep_to_themselves() {
    let Some(browser) = browser() else {
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"page: skipped: no chromium here; set CHROMIUM to a browser that knows --headless\n",
        );
        return;
    };
    for name in PAGES {
        let page = page(name);
        let found = look(&browser, name, &page);
        assert!(
            found.contains("looked at 1280 and 400: nothing to say."),
            "{name}: {found}"
        );
    }
}

#[test]
fn a_page_names_nothing_outside_itself() {
    for name in PAGES {
        let page = page(name);
        for part in [
            "src=",
            "url(",
            "@import",
            "http://",
            "https://",
            "<link rel=\"stylesheet",
        ] {
            assert!(!page.contains(part), "{name} has {part}");
        }
        assert!(page.contains("default-src 'none'"));
        let ids: Vec<&str> = page
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        for target in page
            .split("href=\"#")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            assert_eq!(
                ids.iter().filter(|id| **id == target).count(),
                1,
                "{name} links to #{target}"
            );
        }
    }
}

#[test]
fn the_name_of_a_file_is_only_text() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let name = "<img onerror=alert(1) x='`|*.pcap";
    fs::copy(fixtures().join("port-closed.pcap"), folder.join(name)).unwrap();
    for format in ["html", "markdown"] {
        let output = Command::new(env!("CARGO_BIN_EXE_rstscope"))
            .current_dir(folder)
            .args(["--format", format, name])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let bare = text.replace("\\<", "");
        assert!(text.contains("onerror"), "{format}");
        assert!(!bare.contains("<img"), "{format}: {text}");
    }
    fs::remove_file(folder.join(name)).unwrap();
}

fn browser() -> Option<String> {
    let named = std::env::var("CHROMIUM").ok();
    let usual = ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned);
    named.into_iter().chain(usual).find(|name| {
        Command::new(name)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    })
}

fn page(name: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rstscope"))
        .current_dir(fixtures())
        .args(["--format", "html", &format!("{name}.pcap")])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Shows the page in frames of two widths, and returns what is wrong in them.
fn look(browser: &str, name: &str, page: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("{name}-frames.html"));
    let listener = "<script>window.wrong = []; \
        addEventListener('error', (event) => window.wrong.push('error: ' + event.message)); \
        addEventListener('securitypolicyviolation', (event) => window.wrong.push('asked for ' + event.blockedURI)); \
        </script>";
    let page = page.replacen("<title>", &format!("{listener}<title>"), 1);
    let quoted = page.replace('&', "&amp;").replace('"', "&quot;");
    let frames = WIDTHS
        .map(|width| format!("<iframe width=\"{width}\" height=\"900\" frameborder=\"0\" srcdoc=\"{quoted}\"></iframe>"))
        .concat();
    fs::write(
        &file,
        format!("<!DOCTYPE html><meta charset=\"utf-8\"><title>-</title>{frames}<pre id=\"found\">-</pre><script>{LOOK}</script>"),
    )
    .unwrap();
    let profile = folder.join(format!("{name}-profile"));
    let output = Command::new(browser)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
        ])
        .args([
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args([
            "--virtual-time-budget=5000",
            "--window-size=1400,1000",
            "--dump-dom",
        ])
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let _ = fs::remove_dir_all(&profile);
    let console: Vec<String> = String::from_utf8_lossy(&output.stderr)
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .map(str::to_owned)
        .collect();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = shown
        .split("<pre id=\"found\">")
        .nth(1)
        .and_then(|rest| rest.split("</pre>").next())
        .unwrap_or("the browser showed nothing")
        .to_owned();
    if console.is_empty() {
        found
    } else {
        format!("{found}\n{}", console.join("\n"))
    }
}

const WIDTHS: [u32; 2] = [1280, 400];

/// Runs beside the frames: which elements stand out of the page, what went wrong in it, what it asked for.
const LOOK: &str = "
addEventListener('load', () => {
  const found = [];
  const widths = [];
  for (const frame of document.querySelectorAll('iframe')) {
    const page = frame.contentDocument, view = frame.contentWindow, width = frame.clientWidth;
    widths.push(width);
    if (page.documentElement.scrollWidth > width) found.push('the page is ' + page.documentElement.scrollWidth + ' wide in ' + width);
    if (page.querySelectorAll('section.incident').length === 0) found.push('no incident');
    for (const one of page.querySelectorAll('details')) one.open = true;
    for (const one of page.querySelectorAll('main *')) {
      const box = one.getBoundingClientRect();
      if (box.width > 0 && (box.right > width + 1 || box.left < -1) && !one.closest('.scroll')) {
        found.push(width + ': ' + one.tagName + '.' + (one.getAttribute('class') || '') + ' ends at ' + box.right);
      }
    }
    found.push(...view.wrong);
    for (const entry of view.performance.getEntriesByType('resource')) found.push('loaded ' + entry.name);
  }
  document.getElementById('found').textContent = 'looked at ' + widths.join(' and ') + ': ' + (found.join('; ') || 'nothing to say') + '.';
});
";
