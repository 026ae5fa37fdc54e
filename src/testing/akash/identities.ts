/** Who takes part: addresses with valid bech32 checksums, and the providers' own certificates. Made once, of no value anywhere else. */

/** The account. */
export const OWNER = "akash16hlfrqjehsh5m64fstz6rx0rhrr8d9faut4t6p";
/** The auditor whose signature the Console asks for. */
export const AUDITOR = "akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63";

const pem = (label: string, ...base64: readonly string[]): string =>
  `-----BEGIN ${label}-----\n${base64.join("\n")}\n-----END ${label}-----\n`;

/** One key for all of them: they differ in what they are called. */
export const GATEWAY_KEY = pem(
  ["PRIVATE", "KEY"].join(" "),
  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUub1yYbxhcjj0so2xXrwZq4BOpbX/lBWdHNb8vBjTTehRANCAARrHDxoYaCkJr6z",
  "ZD26NHrh0Djcd9B/6Vu9uNBbzEUGDJGZUKn0spu0IYoVwHmgjZHq/qf6gkzoTtb2d0CaK6XX",
);

/** A provider's address and the certificate that bears it as common name, self-signed, for `localhost`, valid from 2020 to 2126. */
export interface Identity {
  readonly address: string;
  readonly certificate: string;
}

export const IDENTITIES: readonly Identity[] = [
  {
    address: "akash1z73awqje0d0s60gdkkkeywzd7x7u226h89f62q",
    certificate: pem(
      "CERTIFICATE",
      "MIIB0zCCAXmgAwIBAgIBATAKBggqhkjOPQQDAjA3MTUwMwYDVQQDDCxha2FzaDF6NzNhd3FqZTBkMHM2MGdka2trZXl3emQ3eDd1MjI2aDg5ZjYy",
      "cTAgFw0yMDAxMDEwMDAwMDBaGA8yMTI2MTEwMTAwNDAwMVowNzE1MDMGA1UEAwwsYWthc2gxejczYXdxamUwZDBzNjBnZGtra2V5d3pkN3g3dTIy",
      "Nmg4OWY2MnEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARrHDxoYaCkJr6zZD26NHrh0Djcd9B/6Vu9uNBbzEUGDJGZUKn0spu0IYoVwHmgjZHq",
      "/qf6gkzoTtb2d0CaK6XXo3QwcjAOBgNVHQ8BAf8EBAMCBLAwHQYDVR0lBBYwFAYIKwYBBQUHAwEGCCsGAQUFBwMCMAwGA1UdEwEB/wQCMAAwFAYD",
      "VR0RBA0wC4IJbG9jYWxob3N0MB0GA1UdDgQWBBTQTIhfHWIrEvmuITSyZD2qzRN9SzAKBggqhkjOPQQDAgNIADBFAiEA9ZqSHdQ73vXUc2otzcAK",
      "xyR5BDwwOB6JdMvm3bf2Sx0CIGGz3+9Zbh+/mDkApZA2aiKDdipPeenAGtgjKsK8y3tZ",
    ),
  },
  {
    address: "akash15tvyz2mt2ykkf3vetnf45h0aflh4tlctp5j87j",
    certificate: pem(
      "CERTIFICATE",
      "MIIB0jCCAXmgAwIBAgIBAjAKBggqhkjOPQQDAjA3MTUwMwYDVQQDDCxha2FzaDE1dHZ5ejJtdDJ5a2tmM3ZldG5mNDVoMGFmbGg0dGxjdHA1ajg3",
      "ajAgFw0yMDAxMDEwMDAwMDBaGA8yMTI2MTEwMTAwNDAwMVowNzE1MDMGA1UEAwwsYWthc2gxNXR2eXoybXQyeWtrZjN2ZXRuZjQ1aDBhZmxoNHRs",
      "Y3RwNWo4N2owWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARrHDxoYaCkJr6zZD26NHrh0Djcd9B/6Vu9uNBbzEUGDJGZUKn0spu0IYoVwHmgjZHq",
      "/qf6gkzoTtb2d0CaK6XXo3QwcjAOBgNVHQ8BAf8EBAMCBLAwHQYDVR0lBBYwFAYIKwYBBQUHAwEGCCsGAQUFBwMCMAwGA1UdEwEB/wQCMAAwFAYD",
      "VR0RBA0wC4IJbG9jYWxob3N0MB0GA1UdDgQWBBTQTIhfHWIrEvmuITSyZD2qzRN9SzAKBggqhkjOPQQDAgNHADBEAiBcNFl4d0UruIVkp64pDBbM",
      "J2xQpgR2qBtK4dh4bcHhXgIgWnFjY4/P0HLrw0RWx9+qDfrZ9JpwxzfDwA5yzyU+VR8=",
    ),
  },
  {
    address: "akash1a3g4ghwzh5z3lqsrz75j7grscehjyhvwllzwan",
    certificate: pem(
      "CERTIFICATE",
      "MIIB1DCCAXmgAwIBAgIBAzAKBggqhkjOPQQDAjA3MTUwMwYDVQQDDCxha2FzaDFhM2c0Z2h3emg1ejNscXNyejc1ajdncnNjZWhqeWh2d2xsendh",
      "bjAgFw0yMDAxMDEwMDAwMDBaGA8yMTI2MTEwMTAwNDAwMVowNzE1MDMGA1UEAwwsYWthc2gxYTNnNGdod3poNXozbHFzcno3NWo3Z3JzY2Voanlo",
      "dndsbHp3YW4wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARrHDxoYaCkJr6zZD26NHrh0Djcd9B/6Vu9uNBbzEUGDJGZUKn0spu0IYoVwHmgjZHq",
      "/qf6gkzoTtb2d0CaK6XXo3QwcjAOBgNVHQ8BAf8EBAMCBLAwHQYDVR0lBBYwFAYIKwYBBQUHAwEGCCsGAQUFBwMCMAwGA1UdEwEB/wQCMAAwFAYD",
      "VR0RBA0wC4IJbG9jYWxob3N0MB0GA1UdDgQWBBTQTIhfHWIrEvmuITSyZD2qzRN9SzAKBggqhkjOPQQDAgNJADBGAiEAjZ6vUWxdoUzYIiDoWfJf",
      "xqsPXiK9SJJoNySDyvqtEfICIQCu+topjMayPPPKZQAk9j3l+k3HGjT+eOFR0QauzVasOw==",
    ),
  },
  {
    address: "akash1q5v93vumthyydspjsxukmlng6uj2flm449mq2j",
    certificate: pem(
      "CERTIFICATE",
      "MIIB0zCCAXmgAwIBAgIBBDAKBggqhkjOPQQDAjA3MTUwMwYDVQQDDCxha2FzaDFxNXY5M3Z1bXRoeXlkc3Bqc3h1a21sbmc2dWoyZmxtNDQ5bXEy",
      "ajAgFw0yMDAxMDEwMDAwMDBaGA8yMTI2MTEwMTAwNDAwMVowNzE1MDMGA1UEAwwsYWthc2gxcTV2OTN2dW10aHl5ZHNwanN4dWttbG5nNnVqMmZs",
      "bTQ0OW1xMmowWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARrHDxoYaCkJr6zZD26NHrh0Djcd9B/6Vu9uNBbzEUGDJGZUKn0spu0IYoVwHmgjZHq",
      "/qf6gkzoTtb2d0CaK6XXo3QwcjAOBgNVHQ8BAf8EBAMCBLAwHQYDVR0lBBYwFAYIKwYBBQUHAwEGCCsGAQUFBwMCMAwGA1UdEwEB/wQCMAAwFAYD",
      "VR0RBA0wC4IJbG9jYWxob3N0MB0GA1UdDgQWBBTQTIhfHWIrEvmuITSyZD2qzRN9SzAKBggqhkjOPQQDAgNIADBFAiEAoNljYymjLB/x/3fgNyI8",
      "nFoPCj7pNzpa4L4bIrz00AICIEPKYtnrwpE/9ro4dJheZ4Xr5OJuTVJuB9bj2UyWdZWh",
    ),
  },
  {
    address: "akash1uajarw52yt620z29v546874ekhld7eg2wtkak6",
    certificate: pem(
      "CERTIFICATE",
      "MIIB1DCCAXmgAwIBAgIBBTAKBggqhkjOPQQDAjA3MTUwMwYDVQQDDCxha2FzaDF1YWphcnc1Mnl0NjIwejI5djU0Njg3NGVraGxkN2VnMnd0a2Fr",
      "NjAgFw0yMDAxMDEwMDAwMDBaGA8yMTI2MTEwMTAwNDAwMVowNzE1MDMGA1UEAwwsYWthc2gxdWFqYXJ3NTJ5dDYyMHoyOXY1NDY4NzRla2hsZDdl",
      "ZzJ3dGthazYwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARrHDxoYaCkJr6zZD26NHrh0Djcd9B/6Vu9uNBbzEUGDJGZUKn0spu0IYoVwHmgjZHq",
      "/qf6gkzoTtb2d0CaK6XXo3QwcjAOBgNVHQ8BAf8EBAMCBLAwHQYDVR0lBBYwFAYIKwYBBQUHAwEGCCsGAQUFBwMCMAwGA1UdEwEB/wQCMAAwFAYD",
      "VR0RBA0wC4IJbG9jYWxob3N0MB0GA1UdDgQWBBTQTIhfHWIrEvmuITSyZD2qzRN9SzAKBggqhkjOPQQDAgNJADBGAiEA2eflWU1Wm0HSXGE7tIlu",
      "8JPV4Q/WDV/NEJMuExuhi9gCIQCmjYy9ezNVQpyLaRKUs7s9s0pAXYHX7LHjewAKIF+0DA==",
    ),
  },
  {
    address: "akash1h0fm59tnanajzt3k0v3ztd9t4grlw6qsyvcmah",
    certificate: pem(
      "CERTIFICATE",
      "MIIB0zCCAXmgAwIBAgIBBjAKBggqhkjOPQQDAjA3MTUwMwYDVQQDDCxha2FzaDFoMGZtNTl0bmFuYWp6dDNrMHYzenRkOXQ0Z3JsdzZxc3l2Y21h",
      "aDAgFw0yMDAxMDEwMDAwMDBaGA8yMTI2MTEwMTAwNDAwMVowNzE1MDMGA1UEAwwsYWthc2gxaDBmbTU5dG5hbmFqenQzazB2M3p0ZDl0NGdybHc2",
      "cXN5dmNtYWgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARrHDxoYaCkJr6zZD26NHrh0Djcd9B/6Vu9uNBbzEUGDJGZUKn0spu0IYoVwHmgjZHq",
      "/qf6gkzoTtb2d0CaK6XXo3QwcjAOBgNVHQ8BAf8EBAMCBLAwHQYDVR0lBBYwFAYIKwYBBQUHAwEGCCsGAQUFBwMCMAwGA1UdEwEB/wQCMAAwFAYD",
      "VR0RBA0wC4IJbG9jYWxob3N0MB0GA1UdDgQWBBTQTIhfHWIrEvmuITSyZD2qzRN9SzAKBggqhkjOPQQDAgNIADBFAiBj13mUBs/DAdf6K/r2aBxO",
      "MgZZHu0TlDUwXzrSZ+A6/AIhAJRZPtIxzchl0I9Sm+I7pZWvgrTPzeD9vN4zeDAIWGbK",
    ),
  },
  {
    address: "akash1etd3lna8uj37689q8s0fves3u2d3y9evd37gmg",
    certificate: pem(
      "CERTIFICATE",
      "MIIB0zCCAXmgAwIBAgIBBzAKBggqhkjOPQQDAjA3MTUwMwYDVQQDDCxha2FzaDFldGQzbG5hOHVqMzc2ODlxOHMwZnZlczN1MmQzeTlldmQzN2dt",
      "ZzAgFw0yMDAxMDEwMDAwMDBaGA8yMTI2MTEwMTAwNDAwMVowNzE1MDMGA1UEAwwsYWthc2gxZXRkM2xuYTh1ajM3Njg5cThzMGZ2ZXMzdTJkM3k5",
      "ZXZkMzdnbWcwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARrHDxoYaCkJr6zZD26NHrh0Djcd9B/6Vu9uNBbzEUGDJGZUKn0spu0IYoVwHmgjZHq",
      "/qf6gkzoTtb2d0CaK6XXo3QwcjAOBgNVHQ8BAf8EBAMCBLAwHQYDVR0lBBYwFAYIKwYBBQUHAwEGCCsGAQUFBwMCMAwGA1UdEwEB/wQCMAAwFAYD",
      "VR0RBA0wC4IJbG9jYWxob3N0MB0GA1UdDgQWBBTQTIhfHWIrEvmuITSyZD2qzRN9SzAKBggqhkjOPQQDAgNIADBFAiAwH7EPnTJU9/tREYe7yNhq",
      "4y58v50iubucoRO8GGhJXAIhAK5ZRKieBm91ChTtGywEJj2XikX2iykOMSd9s4nH3BlB",
    ),
  },
  {
    address: "akash1a3dtpdmhm6rnvmdqtn72yexencqjn0qe9v39hu",
    certificate: pem(
      "CERTIFICATE",
      "MIIB1DCCAXmgAwIBAgIBCDAKBggqhkjOPQQDAjA3MTUwMwYDVQQDDCxha2FzaDFhM2R0cGRtaG02cm52bWRxdG43MnlleGVuY3FqbjBxZTl2Mzlo",
      "dTAgFw0yMDAxMDEwMDAwMDBaGA8yMTI2MTEwMTAwNDAwMVowNzE1MDMGA1UEAwwsYWthc2gxYTNkdHBkbWhtNnJudm1kcXRuNzJ5ZXhlbmNxam4w",
      "cWU5djM5aHUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARrHDxoYaCkJr6zZD26NHrh0Djcd9B/6Vu9uNBbzEUGDJGZUKn0spu0IYoVwHmgjZHq",
      "/qf6gkzoTtb2d0CaK6XXo3QwcjAOBgNVHQ8BAf8EBAMCBLAwHQYDVR0lBBYwFAYIKwYBBQUHAwEGCCsGAQUFBwMCMAwGA1UdEwEB/wQCMAAwFAYD",
      "VR0RBA0wC4IJbG9jYWxob3N0MB0GA1UdDgQWBBTQTIhfHWIrEvmuITSyZD2qzRN9SzAKBggqhkjOPQQDAgNJADBGAiEA1fP2lvDux5iGl2XAzimx",
      "OdmPAgpGQC8FN5V/GHqAjD0CIQCY2ws4Tipdesb7UnlaSpYxMhll28W2rvAfu6BDhNYtdg==",
    ),
  },
];
