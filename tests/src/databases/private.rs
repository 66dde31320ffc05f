//! Servers that a test starts with settings of its own.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use migratable_core::Dialect;
use tempfile::TempDir;

/// A server with TLS that is gone with this. Nobody gets in without TLS but its administrator on MariaDB; `ada` gets in
/// by the password `s3cretword`, to the database `shop`.
pub struct TlsServer {
    server: Child,
    folder: TempDir,
    /// Where it listens.
    pub port: u16,
}

impl TlsServer {
    /// Starts one, whose certificate is for `localhost`.
    ///
    /// # Panics
    /// With what was said, if that cannot be done.
    pub fn start(dialect: Dialect) -> TlsServer {
        let folder = tempfile::Builder::new().prefix("migratable-tls-").tempdir().unwrap_or_else(|it| panic!("{it}"));
        let listener = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
        let port = listener.unwrap_or_else(|it| panic!("{it}")).port();
        certificates(folder.path());
        let user = match dialect {
            Dialect::Postgres => "postgres",
            _ => "mysql",
        };
        // A server does not run as root, and reads only a key that is its own.
        let is_root = said(Command::new("id").arg("-u")).trim() == "0";
        if is_root {
            said(Command::new("chown").args(["-R", user]).arg(folder.path()));
        }
        let own = |program: &Path| {
            let mut command = Command::new(if is_root { Path::new("setpriv") } else { program });
            if is_root {
                command.args([&format!("--reuid={user}"), "--clear-groups"]).arg(program);
            }
            command.current_dir(folder.path());
            command
        };
        let mut server = match dialect {
            Dialect::Postgres => postgres(&own, folder.path(), port),
            _ => mariadb(&own, folder.path(), port),
        };
        let log = fs::File::create(folder.path().join("log")).unwrap_or_else(|it| panic!("{it}"));
        let server = server.stdout(Stdio::null()).stderr(log).spawn().unwrap_or_else(|it| panic!("{server:?}: {it}"));
        let server = TlsServer { server, folder, port };
        for _ in 0..300 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("{}", fs::read_to_string(server.file("log")).unwrap_or_default());
    }

    /// A file beside it: `ca.pem` has signed its certificate, `other.pem` has not.
    pub fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn certificates(folder: &Path) {
    let openssl = |arguments: &str| {
        said(Command::new("openssl").args(arguments.split(' ')).current_dir(folder));
    };
    for name in ["ca", "other"] {
        openssl(&format!(
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem"
        ));
    }
    openssl("req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr");
    openssl("x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial 1 -days 2 -out server.pem");
}

fn postgres(own: &dyn Fn(&Path) -> Command, folder: &Path, port: u16) -> Command {
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap_or_else(|it| panic!("{name}: {it}"));
    said(own(&postgres_program("initdb")).args([
        "-D",
        "data",
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
    ]));
    let setup = "CREATE ROLE ada LOGIN PASSWORD 's3cretword';\nCREATE DATABASE shop OWNER ada;\n";
    write("setup.sql", setup);
    let mut alone = own(&postgres_program("postgres"));
    let setup = fs::File::open(folder.join("setup.sql")).unwrap_or_else(|it| panic!("{it}"));
    said(alone.args(["--single", "-D", "data", "postgres"]).stdin(setup));
    write("data/pg_hba.conf", "hostssl all all 127.0.0.1/32 scram-sha-256\n");
    let mut server = own(&postgres_program("postgres"));
    server.args(["-D", "data", "-p", &port.to_string(), "-k", ""]);
    for setting in ["listen_addresses=127.0.0.1", "ssl=on", "ssl_cert_file=../server.pem", "ssl_key_file=../server.key"]
    {
        server.args(["-c", setting]);
    }
    server
}

fn mariadb(own: &dyn Fn(&Path) -> Command, folder: &Path, port: u16) -> Command {
    let data = format!("--datadir={}", folder.join("data").display());
    let install = ["--no-defaults", &data, "--auth-root-authentication-method=normal", "--skip-test-db"];
    said(own(Path::new("mariadb-install-db")).env("TMPDIR", folder).args(install));
    let setup = "CREATE DATABASE shop;\nCREATE USER ada IDENTIFIED BY 's3cretword';\nGRANT ALL ON shop.* TO ada;\n";
    fs::write(folder.join("setup.sql"), setup).unwrap_or_else(|it| panic!("{it}"));
    let mut server = own(Path::new("mariadbd"));
    server.args(["--no-defaults", &data, "--bind-address=127.0.0.1", "--require-secure-transport=ON"]);
    server.arg(format!("--port={port}"));
    for (key, file) in [
        ("socket", "socket"),
        ("init-file", "setup.sql"),
        ("tmpdir", ""),
        ("ssl-cert", "server.pem"),
        ("ssl-key", "server.key"),
    ] {
        server.arg(format!("--{key}={}", folder.join(file).display()));
    }
    server
}

/// A program of the newest PostgreSQL of this machine: Debian has those of a server in no usual place.
fn postgres_program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let programs = versions.map(|version| version.path().join("bin").join(name)).filter(|program| program.exists());
    programs.max().unwrap_or_else(|| PathBuf::from(name))
}

/// What a command printed.
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}
