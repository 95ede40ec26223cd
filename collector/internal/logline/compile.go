package logline

import "strings"

// longestForm is the longest text of a template.
const longestForm = 8 << 10

// A compiler makes a template of a text of the operator's.
type compiler struct {
	form  template
	text  []byte // what stands between fields, since the last one
	fault string
}

// compile returns the template of a text in the words of Apache's LogFormat or of nginx's
// log_format, with or without the directive itself. Fault says what is wrong with it.
func compile(text string) (form *template, fault string) {
	if len(text) > longestForm {
		return nil, "it is longer than 8 KiB"
	}
	text = strings.NewReplacer(`\"`, `"`, `\t`, "\t", `\\`, `\`).Replace(bare(text))
	c := compiler{}
	for text != "" && c.fault == "" {
		switch {
		case strings.HasPrefix(text, "%%"):
			c.text, text = append(c.text, '%'), text[2:]
		case text[0] == '%' && !strings.Contains(text, "$"):
			text = c.apache(text[1:])
		case text[0] == '$' && len(text) > 1:
			text = c.nginx(text[1:])
		default:
			c.text, text = append(c.text, text[0]), text[1:]
		}
	}
	c.settle()
	if c.fault == "" {
		c.fault = c.lacks()
	}
	return &c.form, c.fault
}

// bare returns what a directive of a server's configuration says the lines are: what
// stands in its quotes. Any other text stays.
func bare(text string) string {
	directive, rest, _ := strings.Cut(text, " ")
	switch strings.ToLower(directive) {
	case "logformat", "log_format":
	default:
		return text
	}
	var parts strings.Builder
	for {
		i := strings.IndexAny(rest, `"'`)
		if i < 0 {
			break
		}
		quote := rest[i]
		rest = rest[i+1:]
		end := 0
		for end < len(rest) && (rest[end] != quote || end > 0 && rest[end-1] == '\\') {
			end++
		}
		parts.WriteString(rest[:end])
		rest = rest[min(end+1, len(rest)):]
	}
	return parts.String()
}

// settle puts the text since the last field behind it, or before all.
func (c *compiler) settle() {
	switch n := len(c.form.steps); {
	case n > 0 && len(c.text) > 0:
		c.form.steps[n-1].until = string(c.text)
	case n == 0:
		c.form.before = string(c.text)
	}
	c.text = c.text[:0]
}

// field adds a field. A query right behind a target is a part of it.
func (c *compiler) field(from source, name string) {
	steps := c.form.steps
	if n := len(steps); n > 0 && len(c.text) == 0 {
		last := &steps[n-1]
		if from.of != theQuery && name != "is_args" || last.from.of != theTarget && last.from.of != thePath {
			c.fault = "nothing stands between " + name + " and what is before it, so that nobody can tell them apart"
			return
		}
		last.from = source{theTarget, 3}
		return
	}
	c.settle()
	c.form.steps = append(c.form.steps, step{from: from})
}

// nginx reads a variable behind its $ and returns what follows. One that is not known is
// passed over.
func (c *compiler) nginx(text string) string {
	end := 0
	braced := text[0] == '{'
	if braced {
		text = text[1:]
	}
	for end < len(text) && (text[end] == '_' || isDigit(text[end]) || 'a' <= text[end]|0x20 && text[end]|0x20 <= 'z') {
		end++
	}
	name, rest := text[:end], text[end:]
	if braced {
		rest = strings.TrimPrefix(rest, "}")
	}
	if name == "" {
		c.fault = "there is a $ without a name"
		return ""
	}
	c.field(sourceOf(name), name)
	return rest
}

// directives are the letters of Apache that name a field of ours, as nginx would name it.
var directives = map[byte]string{
	'a': "remote_addr", 'h': "remote_host", 'm': "request_method", 'q': "query_string", 'r': "request",
	's': "status", 'U': "uri", 'v': "server_name", 'V': "host",
}

// apache reads a directive behind its % and returns what follows.
func (c *compiler) apache(text string) string {
	i := 0
	for i < len(text) && (strings.IndexByte("<>!,", text[i]) >= 0 || isDigit(text[i])) {
		i++
	}
	argument := ""
	if i < len(text) && text[i] == '{' {
		end := strings.IndexByte(text[i:], '}')
		if end < 0 {
			c.fault = "there is a { without a }"
			return ""
		}
		argument = text[i+1 : i+end]
		i += end + 1
	}
	if i < len(text) && text[i] == '^' && i+2 < len(text) { // %{..}^ti and %{..}^to
		i += 2
	}
	if i >= len(text) {
		c.fault = "there is a % without a letter"
		return ""
	}
	letter := text[i]
	from, brackets := of(letter, argument)
	if brackets {
		c.text = append(c.text, '[')
	}
	c.field(from, "%"+text[:i+1])
	if brackets {
		c.text = append(c.text, ']')
	}
	return text[i+1:]
}

// of returns the field of a directive of Apache, and whether it stands in brackets.
func of(letter byte, argument string) (from source, brackets bool) {
	switch {
	case letter == 'i':
		return sourceOf("http", argument), false
	case letter == 'o':
		return sourceOf("senthttp", argument), false
	case letter == 'a' && argument == "c": // the peer itself, where a proxy's word was taken for %a
		return source{theAddress, 1}, false
	case letter == 't' && strings.HasSuffix(argument, "_frac"):
		return source{}, false
	case letter == 't':
		return source{theClock, 3}, argument == ""
	case argument != "":
		return source{}, false
	}
	return sourceOf(directives[letter]), false
}

// lacks says what the template lacks that every line must have.
func (c *compiler) lacks() string {
	var has [fields]bool
	for _, s := range c.form.steps {
		has[s.from.of] = true
	}
	return lacks(has)
}
