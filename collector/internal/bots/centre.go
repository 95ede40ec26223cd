package bots

import "slices"

// DataCentre reports whether an autonomous system is one of servers for rent. It is
// a sign for a meter and never a reason not to count: offices, schools and the
// networks of governments reach the web through such systems too.
func DataCentre(system uint32) bool {
	_, found := slices.BinarySearch(centres, system)
	return found
}

// centres are numbers of autonomous systems whose owners let servers, in order. Who
// owns a number stands in the public registries, and each was compared with the
// names in the routing data of 2026-06-17 (see NOTICE). Left out on purpose are the
// exits of people: relays of browsers and phones (13335, 36183, 54113), gateways of
// offices (22616, 53813, 62044, 55256), services that hide an address (9009, 60068,
// 212238), and networks whose owners let both servers and lines (2497, 2514, 4713).
var centres = []uint32{
	4694,   // IDC Frontier
	7506,   // GMO Internet Group
	7671,   // NTT SmartConnect
	7684,   // SAKURA Internet
	8075,   // Microsoft, Azure
	8560,   // IONOS
	8987,   // Amazon, Ireland
	9370,   // SAKURA Internet
	9371,   // SAKURA Internet
	9597,   // KDDI Web Communications
	12876,  // Scaleway
	14061,  // DigitalOcean
	14618,  // Amazon
	15169,  // Google
	16276,  // OVH
	16509,  // Amazon, AWS
	19994,  // Rackspace
	20473,  // The Constant Company, Vultr
	24282,  // KAGOYA JAPAN
	24940,  // Hetzner
	26496,  // GoDaddy
	27357,  // Rackspace
	28753,  // Leaseweb, Germany
	29802,  // HIVELOCITY
	31898,  // Oracle
	33070,  // Rackspace
	36351,  // IBM Cloud
	36352,  // HostPapa, ColoCrossing
	37963,  // Alibaba, China
	40021,  // Contabo, USA
	45090,  // Tencent, China
	45102,  // Alibaba
	46606,  // Unified Layer
	47583,  // Hostinger
	51167,  // Contabo
	53667,  // FranTech
	54290,  // HostPapa, Hostwinds
	55990,  // Huawei Cloud
	58791,  // GMO Internet
	58793,  // Fujitsu
	60781,  // Leaseweb, Netherlands
	63949,  // Akamai, Linode
	131965, // Xserver
	132203, // Tencent
	134351, // Leaseweb, Japan
	134963, // Alibaba Cloud, Singapore
	136907, // Huawei Cloud, international
	141995, // Contabo, Asia
	150436, // BytePlus
	202053, // UpCloud
	213230, // Hetzner, cloud
	396982, // Google Cloud
}
