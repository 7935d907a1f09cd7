#!/bin/sh
# Inside: what the package does, a PostgreSQL, and two simulated modems. The database and the modems are services of their
# own without any restriction, so that only smsd's is tried.
set -e
src=/opt/smsd/src
libraries=$(echo $src/.venv/lib/python3*/site-packages)
cp $src/systemd/*.service /usr/lib/systemd/system/
cp $src/systemd/smsd.sysusers /usr/lib/sysusers.d/smsd.conf
cp $src/systemd/smsd.tmpfiles /usr/lib/tmpfiles.d/smsd.conf
systemd-sysusers smsd.conf
systemd-tmpfiles --create smsd.conf
cat >/usr/bin/smsd <<END
#!/bin/sh
export LD_LIBRARY_PATH=/opt/smsd/python/lib PYTHONPATH=$src:$libraries PYTHONDONTWRITEBYTECODE=1
exec /opt/smsd/python/bin/python3 -m smsd "\$@"
END
chmod 755 /usr/bin/smsd
cd /etc/systemd/system
for n in 0 1; do cat >sim$n.service <<END
[Service]
User=smsd
RuntimeDirectory=sim$n
ExecStart=/usr/bin/smsd simulate modem --link /run/sim$n/modem --control /run/sim$n/control
END
done
cat >mailbox.service <<END
[Service]
User=nobody
Environment=LD_LIBRARY_PATH=/opt/smsd/python/lib PYTHONPATH=$src:$libraries
ExecStart=/opt/smsd/python/bin/python3 -m aiosmtpd -n -l 127.0.0.1:2525 -c aiosmtpd.handlers.Debugging stdout
StandardOutput=append:/run/mails
END
cat >postgresql.service <<'END'
[Service]
User=postgres
RuntimeDirectory=postgresql
StateDirectory=trialpg
StateDirectoryMode=0700
ExecStartPre=/bin/sh -c '/usr/lib/postgresql/*/bin/initdb -D /var/lib/trialpg/data --auth=peer >/dev/null'
ExecStart=/bin/sh -c 'exec /usr/lib/postgresql/*/bin/postgres -D /var/lib/trialpg/data -k /run/postgresql -c listen_addresses='
END
install -m 400 -o root /dev/null /etc/smsd/mail-password
echo geheim >/etc/smsd/mail-password
cat >/etc/smsd/smsd.toml <<'END'
[database]
dsn = "postgresql://smsd@/smsd?host=/run/postgresql"
[[modem]]
name = "modem0"
device = "/run/sim0/modem"
poll_s = 1.0
[[modem]]
name = "modem1"
device = "/run/sim1/modem"
poll_s = 1.0
own_process = true
[mail]
host = "127.0.0.1"
port = 2525
tls = "none"
lmtp_listen = "unix:/run/smsd/lmtp.sock"
[log]
format = "json"
END
chown root:smsd /etc/smsd/smsd.toml; chmod 640 /etc/smsd/smsd.toml
for unit in smsd smsd@modem1; do mkdir -p $unit.service.d; cat >$unit.service.d/here.conf <<END
[Service]
StandardError=append:/run/$unit.log
LoadCredential=mail-password:/etc/smsd/mail-password
END
done
systemctl daemon-reload
systemctl start postgresql mailbox sim0 sim1
until [ -S /run/postgresql/.s.PGSQL.5432 ]; do sleep 0.1; done; sleep 1
runuser -u postgres -- createuser -h /run/postgresql smsd
runuser -u postgres -- createdb -h /run/postgresql --owner smsd --encoding UTF8 --template template0 smsd
runuser -u smsd -- smsd db init
