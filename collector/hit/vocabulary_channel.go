package hit

import "slices"

// A Channel is the kind of place that a visit came from. The zero Channel is
// unknown: something was told that names no web site and no app that is known.
type Channel uint8

// The channels.
const (
	UnknownChannel Channel = iota
	Direct                 // nothing was told of where it came from
	Search                 // a search engine
	Social                 // a social network, a messenger, a place where people write
	Government             // a body of the state, a prefecture or a municipality
	OtherSite              // a web site that is none of the others
	Mail                   // a mail service, or a link in a letter
	AIAssistant            // an assistant that answers in words
	Campaign               // a paid link, or one with a declared tag
	Print                  // a code or an address on paper or a screen
	Internal               // a page of the site itself
	channels
)

var channelNames = [channels]string{
	Unknown, "direct", "search", "social", "government", "other-site", "mail", "ai-assistant",
	"campaign", "print", "internal",
}

// Code returns the channel's code, such as "search", or [Unknown].
func (c Channel) Code() string { return channelNames[c] }

// ChannelCodes returns the codes of all channels, and [Unknown].
func ChannelCodes() []string { return channelNames[:] }

// ParseChannel returns the channel of that code, such as "search". Anything that
// is not in the list is refused.
func ParseChannel(code string) (Channel, bool) {
	i := slices.Index(channelNames[:], code)
	if i < 0 {
		return UnknownChannel, false
	}
	return Channel(i), true
}
