package loopback

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrNoNginx says that nginx is not installed.
var ErrNoNginx = errors.New("nginx is not installed (Debian: nginx-light)")

// A Balancer is nginx before two collectors, with the configurations of deploy/.
type Balancer struct {
	*Process
	Address string
}

// around is a whole configuration around those of deploy/: the first says where visitors are sent,
// the second what is passed on of their requests. An address is taken from who sends here, since all who
// do are on this machine, and each answer says whose it is, for tests.
const around = `daemon off;
master_process off;
pid %[1]s/pid;
error_log %[1]s/error.log crit;
events {}
http {
access_log off;
client_body_temp_path %[1]s/1;
proxy_temp_path %[1]s/2;
fastcgi_temp_path %[1]s/3;
uwsgi_temp_path %[1]s/4;
scgi_temp_path %[1]s/5;
%[3]s
server {
listen %[2]s;
set_real_ip_from 127.0.0.1;
real_ip_header X-Forwarded-For;
add_header X-Collector $upstream_addr always;
%[4]s
}
}
`

// Nginx finds nginx, also where only root looks.
func Nginx() (string, error) {
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoNginx
}

// Balance starts nginx in a folder, with the files of the folder deploy. It listens when Balance
// returns.
func Balance(dir, deploy string, one, two string) (*Balancer, error) {
	nginx, err := Nginx()
	if err != nil {
		return nil, err
	}
	upstream, err1 := os.ReadFile(filepath.Join(deploy, "balancers", "nginx.conf"))
	passed, err2 := os.ReadFile(filepath.Join(deploy, "nginx", "oboro.conf"))
	free, err3 := Addresses(1)
	if err := errors.Join(err1, err2, err3, os.MkdirAll(dir, 0o755)); err != nil {
		return nil, err
	}
	to := strings.NewReplacer("10.0.0.1:8080", one, "10.0.0.2:8080", two, "    server 10.0.0.3:8080;\n", "").Replace(string(upstream))
	from := strings.ReplaceAll(string(passed), "http://127.0.0.1:8080", "http://oboro_collectors")
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, fmt.Appendf(nil, around, dir, free[0], to, from), 0o644); err != nil {
		return nil, err
	}
	p, err := Begin(exec.Command(nginx, "-c", path), filepath.Join(dir, "output"))
	if err != nil {
		return nil, err
	}
	return &Balancer{p, free[0]}, p.Until(func() bool { return Listens(free[0]) })
}
