package bots

// Scanner reports whether path, that of a request as it was sent, is one that nobody
// comes to by a link: a secret that a server forgot (/.env, /.git/config), a way into
// it, a shell that somebody left, the door of a product (/wp-login.php, /xmlrpc.php).
// Programs that look for weak points ask every site for them, in any folder.
//
// A site that has a product has people at its door: with missing false, for a path
// that a page answered, doors do not count; with missing true, for one that was
// answered with 404 or 410, they do. A declared page is never a scanner's: ask only
// where no declaration knows the path.
func Scanner(path string, missing bool) bool {
	var room [longest]byte
	at := decoded(room[:], path)
	return secretPaths.in(at) || missing && doorPaths.in(at)
}

var (
	secretPaths = newMatcher(secrets)
	doorPaths   = newMatcher(doors)
)

// secrets are paths at which no site has a page, each from a slash on. Most are
// settings with passwords, keys and dumps; the rest breaks into a server, or was left
// by somebody who did. The folder .well-known, which is for everybody, is none.
var secrets = []pattern{
	{text: "/.env"}, {text: ".env", edges: segment}, {text: "/.git"}, {text: "/.svn", edges: segment}, {text: "/.hg", edges: segment},
	{text: "/.bzr", edges: segment}, {text: "/.aws", edges: segment}, {text: "/.ssh", edges: segment}, {text: "/.kube", edges: segment},
	{text: "/.docker", edges: segment}, {text: "/.vscode", edges: segment}, {text: "/.idea", edges: segment}, {text: "/.ds_store", edges: segment},
	{text: "/.ht"}, {text: "/.npmrc", edges: segment}, {text: "/.netrc", edges: segment}, {text: "/.s3cfg", edges: segment},
	{text: "/.bash_history", edges: segment}, {text: "/.circleci", edges: segment}, {text: "/.travis.yml", edges: segment},
	{text: "/appsettings.json", edges: segment}, {text: "/aws/credentials", edges: segment}, {text: "/id_rsa", edges: segment},
	{text: "/wp-config.php"}, {text: "/web.config", edges: segment}, {text: ".php.bak", edges: segment}, {text: ".php~", edges: segment},
	{text: "/backup.sql"}, {text: "/database.sql"}, {text: "/db.sql"}, {text: "/dump.sql"},

	{text: "/../"}, {text: "/etc/passwd", edges: segment}, {text: "/phpunit/"}, {text: "/eval-stdin.php", edges: segment},
	{text: "/actuator/env", edges: segment}, {text: "/actuator/heapdump", edges: segment}, {text: "/actuator/gateway", edges: segment},
	{text: "/boaform", edges: segment}, {text: "/gponform", edges: segment}, {text: "/hnap1", edges: segment}, {text: "/cgi-bin/luci"},
	{text: "/_ignition/"}, {text: "/+cscoe+/"}, {text: "/+cscot+/"}, {text: "/jmx-console", edges: segment},

	{text: "/alfacgiapi", edges: segment}, {text: "/alfa_data", edges: segment}, {text: "/c99.php", edges: segment}, {text: "/r57.php", edges: segment},
	{text: "/wso.php", edges: segment}, {text: "/xleet.php", edges: segment}, {text: "/webshell.php", edges: segment}, {text: "/shell.php", edges: segment},
}

// doors are pages and folders by which programs know a product. A page of a site that
// once was made with one (/wp-content/uploads/…, /wordpress/…) may still have links,
// and is none.
var doors = []pattern{
	{text: "/wp-login.php", edges: segment}, {text: "/wp-admin", edges: segment}, {text: "/wp-includes", edges: segment}, {text: "/wp-json/wp/"},
	{text: "/wp-content/plugins", edges: segment}, {text: "/wlwmanifest.xml", edges: segment}, {text: "/xmlrpc.php", edges: segment},
	{text: "/phpmyadmin"}, {text: "/adminer"}, {text: "/phpinfo.php", edges: segment}, {text: "/php-cgi"},
	{text: "/administrator/index.php", edges: segment}, {text: "/owa/auth"}, {text: "/ecp/current"}, {text: "/autodiscover/autodiscover.xml", edges: segment},
	{text: "/actuator/health", edges: segment}, {text: "/solr/admin"}, {text: "/manager/html", edges: segment}, {text: "/server-status", edges: segment},
	{text: "/_profiler", edges: segment}, {text: "/telescope/requests", edges: segment}, {text: "/debug/default/view", edges: segment},
	{text: "/magento_version", edges: segment}, {text: "/fckeditor/"}, {text: "/kcfinder/"}, {text: "/_vti_bin/"}, {text: "/geoserver/web", edges: segment},
	{text: "/remote/login", edges: segment}, {text: "/global-protect/"}, {text: "/dana-na/"},
}

// decoded writes path into room from a slash on, up to its query, with small letters,
// its percent-encoding undone once, and slashes for backslashes.
func decoded(room []byte, path string) []byte {
	room[0] = '/'
	n := 1
	for i := 0; i < len(path) && n < len(room); i++ {
		c := path[i]
		if c == '?' || c == '#' {
			break
		}
		if c == '%' && i+2 < len(path) {
			if high, low := digitOf(path[i+1]), digitOf(path[i+2]); high < 16 && low < 16 {
				c = high<<4 | low
				i += 2
			}
		}
		switch {
		case 'A' <= c && c <= 'Z':
			c |= 0x20
		case c == '\\':
			c = '/'
		}
		room[n] = c
		n++
	}
	return room[:n]
}

// digitOf returns the value of a hexadecimal digit, or more than any.
func digitOf(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 0xff
}
