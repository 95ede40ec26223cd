package hit

// A NetworkClass is the kind of network that a visitor came from: what stands at the
// end of its domain, for names of Japan; the zero class is unknown.
type NetworkClass uint8

// The classes of networks. The organisational domains of Japan say who may have one;
// that of groups (gr.jp) is with that of organisations, and that of network operators
// (ad.jp) with operators.
const (
	UnknownNetwork     NetworkClass = iota
	NationalGovernment              // go.jp: ministries, agencies, courts, public corporations
	LocalGovernment                 // lg.jp, and the domains of prefectures and municipalities such as metro.tokyo.jp
	Academia                        // ac.jp: universities, and the networks of research
	Schools                         // ed.jp: schools up to 18 years
	Companies                       // co.jp
	Organisations                   // or.jp, and groups (gr.jp)
	NetworkServices                 // ne.jp: services of networks, such as internet access
	GeneralJapan                    // other names under .jp, and networks in Japan whose name is under no such
	Operators                       // ad.jp, and operators of Japan whose domain is in no class above
	ForeignNetworks                 // networks abroad
	networkClasses
)

var networkNames = [networkClasses]string{
	"unknown", "go.jp", "lg.jp", "ac.jp", "ed.jp", "co.jp", "or.jp", "ne.jp", "jp", "operator", "foreign",
}

// ParseNetworkClass returns the class of that code.
func ParseNetworkClass(code string) (NetworkClass, bool) {
	for c, name := range networkNames {
		if name == code {
			return NetworkClass(c), true
		}
	}
	return 0, false
}

// Code returns the class's code, such as "go.jp".
func (c NetworkClass) Code() string { return networkNames[c] }

// NetworkClassCodes returns the codes of all classes.
func NetworkClassCodes() []string { return networkNames[:] }
