// openssl on a machine. What is expected is what OpenSSL 3.0 printed of the same files; what it calls its thread is <THREAD>.

import { describe, expect, test } from 'vitest';
import { run } from './on-machine.ts';

const FILES: Readonly<Record<string, string>> = {
  'ca.crt': `-----BEGIN CERTIFICATE-----
MIIBmTCCAUCgAwIBAgIIa4ayc/80/OEwCgYIKoZIzj0EAwIwFTETMBEGA1UEAwwK
a3ViZXJuZXRlczAeFw0yNTEyMDEwMDAwMDBaFw0zNTEyMDEwMDAwMDBaMBUxEzAR
BgNVBAMMCmt1YmVybmV0ZXMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQzU7Lk
AltUlNVe+RG2zfU+zBfOf8Hf2epBsH66A6UpUE/G202zhFTleLiCLcOpK6ChMxxM
QACVAZSfCSMYnoAfo3oweDAOBgNVHQ8BAf8EBAMCAqQwDwYDVR0TAQH/BAUwAwEB
/zAdBgNVHQ4EFgQUQbC/bRkbwtcHjkX68tr8wLOOZxQwHwYDVR0jBBgwFoAUQbC/
bRkbwtcHjkX68tr8wLOOZxQwFQYDVR0RBA4wDIIKa3ViZXJuZXRlczAKBggqhkjO
PQQDAgNHADBEAiBfGaAQwvaj6Ei1U6umcpStKVcHTpwGa9fnaFp3ltC1WQIgF2ak
dqGbbrYhZc6Fud+2wOflPVuoMTUE+ZZvAjZVgDM=
-----END CERTIFICATE-----
`,
  'ca.key': `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIGlZCXAB0QUBrH1UwL2422FCD2WPKSLMJuRtU2EZoxEmoAoGCCqGSM49
AwEHoUQDQgAEM1Oy5AJbVJTVXvkRts31PswXzn/B39nqQbB+ugOlKVBPxttNs4RU
5Xi4gi3DqSugoTMcTEAAlQGUnwkjGJ6AHw==
-----END EC PRIVATE KEY-----
`,
  'server.crt': `-----BEGIN CERTIFICATE-----
MIIBwzCCAWqgAwIBAgIJANRzXjomXhbuMAoGCCqGSM49BAMCMBUxEzARBgNVBAMM
Cmt1YmVybmV0ZXMwHhcNMjUxMjAxMDAwMDAwWhcNMjcwMTA1MDAwMDAwWjAZMRcw
FQYDVQQDDA5rdWJlLWFwaXNlcnZlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BPRUPa4uuMckQ9gr46tfnu407oMcZDRfpoJJa8G7xFKL/rQJXjL8uqWBt5VRQUd5
8JuHcHsEXwZM8lZLJRc0O8GjgZ4wgZswDgYDVR0PAQH/BAQDAgWgMBMGA1UdJQQM
MAoGCCsGAQUFBwMBMAwGA1UdEwEB/wQCMAAwHwYDVR0jBBgwFoAUQbC/bRkbwtcH
jkX68tr8wLOOZxQwRQYDVR0RBD4wPIIKa3ViZXJuZXRlc4IWa3ViZXJuZXRlcy5k
ZWZhdWx0LnN2Y4cECmAAAYcQ/QAAAAAAAAAAAAAAAAAAATAKBggqhkjOPQQDAgNH
ADBEAiAWlBowyyzPvkqDBIuxlVAVMYomVD0dXB4gGiYAPpqExQIgfiWqbH20sm5n
lxtXdHo/DhgilQuHEYyZFDIa/bWP5Hs=
-----END CERTIFICATE-----
`,
  'server.key': `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIF4Sr+qviUCOaRR5i8UL4gR7zZRDoBo4DCPCgeUxdwNIoAoGCCqGSM49
AwEHoUQDQgAE9FQ9ri64xyRD2Cvjq1+e7jTugxxkNF+mgklrwbvEUov+tAleMvy6
pYG3lVFBR3nwm4dwewRfBkzyVkslFzQ7wQ==
-----END EC PRIVATE KEY-----
`,
  'dev.crt': `-----BEGIN CERTIFICATE-----
MIICWjCCAgGgAwIBAgIQTwdAhWK+24tgzgXB3s/jrTAKBggqhkjOPQQDAjAVMRMw
EQYDVQQDDAprdWJlcm5ldGVzMB4XDTI1MTIwMTAwMDAwMFoXDTI3MDEwNTAwMDAw
MFowJzEXMBUGA1UECgwOc3lzdGVtOm1hc3RlcnMxDDAKBgNVBAMMA2RldjCCASIw
DQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAOZLDVW/4dFCjgHhXY8MhlqE6luM
B2ahRLIkykK8j6AhQHJEnBJfHCaq6DuRJtblDhkmBAQzher21p4W13rgTDXfLHCQ
qmozcKA10dQoCO8N+hoDBt48gPZ1nGVidVqL7SOldr4jmfuJeJKIlw4Rei7OjtqY
luTItsHiN0wgrwhi91aBoi35RZj9yetKCbkwlQaJ33aLMQmoR68NqVdOxgAMi1kF
7qT3JRHlPuE65VjQlNV7MuuvFeeTh8L4DS+hjNEqshLQZUMGyEBsa0/PWyhNmVUj
PkpJ66Tnmfka2X8/7uju36IDr31fiPgjymL1WwCwzfFcc+qeHLrRUjqfwLkCAwEA
AaNWMFQwDgYDVR0PAQH/BAQDAgeAMBMGA1UdJQQMMAoGCCsGAQUFBwMCMAwGA1Ud
EwEB/wQCMAAwHwYDVR0jBBgwFoAUQbC/bRkbwtcHjkX68tr8wLOOZxQwCgYIKoZI
zj0EAwIDRwAwRAIgTM/O5CftEqtp/eBpBhQOZa8yy+A34MDMleQGyvh4PWQCICyk
9xjPdOsb30PCvS9iEdpWoC2keJLlqK1tte83tWvJ
-----END CERTIFICATE-----
`,
  'dev.csr': `-----BEGIN CERTIFICATE REQUEST-----
MIICZDCCAUwCAQAwHzEMMAoGA1UEAwwDZGV2MQ8wDQYDVQQKDAZncm91cDEwggEi
MA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQDmSw1Vv+HRQo4B4V2PDIZahOpb
jAdmoUSyJMpCvI+gIUByRJwSXxwmqug7kSbW5Q4ZJgQEM4Xq9taeFtd64Ew13yxw
kKpqM3CgNdHUKAjvDfoaAwbePID2dZxlYnVai+0jpXa+I5n7iXiSiJcOEXouzo7a
mJbkyLbB4jdMIK8IYvdWgaIt+UWY/cnrSgm5MJUGid92izEJqEevDalXTsYADItZ
Be6k9yUR5T7hOuVY0JTVezLrrxXnk4fC+A0voYzRKrIS0GVDBshAbGtPz1soTZlV
Iz5KSeuk55n5Gtl/P+7o7t+iA699X4j4I8pi9VsAsM3xXHPqnhy60VI6n8C5AgMB
AAGgADANBgkqhkiG9w0BAQsFAAOCAQEAZJ5wOql4SybmA7rEYyNM7eZaP9aw9T0f
kAafyacbhSjmyG2hwxj8MYXp7VovJZHE/j+y5xSwU3K3Z52XS+z1sOAzAvlhhlVk
vvxSoGby0tukKn3bEvCmsAY71ET86XbusLxiNmkqCvFZ9FSQQQWS+iMPMOB7dDZx
kS7NG65TiWppMlFyThmkByRLZfnkZg/JBQSpEBKJ7QORdzFrLB6kosbYmh7RxpLh
TO3+h6KyQSy/G5p2J/6GVrVTajogcJFKcNHMBfTMHMhY6L2oph+RRw7A2EL5EvkQ
huKy5z276194JwbI6MkLtjT/AAPYNQuskn69gvG/1QdzkchNk8Jd7A==
-----END CERTIFICATE REQUEST-----
`,
  'ext.csr': `-----BEGIN CERTIFICATE REQUEST-----
MIIBRDCB6gIBADAtMQswCQYDVQQGEwJERTESMBAGA1UECgwJQWNtZSwgSW5jMQow
CAYDVQQDDAFhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9FQ9ri64xyRD2Cvj
q1+e7jTugxxkNF+mgklrwbvEUov+tAleMvy6pYG3lVFBR3nwm4dwewRfBkzyVksl
FzQ7waBbMFkGCSqGSIb3DQEJDjFMMEowIwYDVR0RBBwwGoIDYS5ihwQBAgMEgQN4
QHmGCGh0dHA6Ly9hMA4GA1UdDwEB/wQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcD
AjAKBggqhkjOPQQDAgNJADBGAiEAzGnzJSdNy6PIzuObl4DQnA2ZjWM2oxpC7svF
QJWxOPECIQCUs4Npwe6H0Q1MLY/d01qS1uM4Ctitnz1CdKmPhh8DMQ==
-----END CERTIFICATE REQUEST-----
`,
  'rsa.key': `-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDmSw1Vv+HRQo4B
4V2PDIZahOpbjAdmoUSyJMpCvI+gIUByRJwSXxwmqug7kSbW5Q4ZJgQEM4Xq9tae
Ftd64Ew13yxwkKpqM3CgNdHUKAjvDfoaAwbePID2dZxlYnVai+0jpXa+I5n7iXiS
iJcOEXouzo7amJbkyLbB4jdMIK8IYvdWgaIt+UWY/cnrSgm5MJUGid92izEJqEev
DalXTsYADItZBe6k9yUR5T7hOuVY0JTVezLrrxXnk4fC+A0voYzRKrIS0GVDBshA
bGtPz1soTZlVIz5KSeuk55n5Gtl/P+7o7t+iA699X4j4I8pi9VsAsM3xXHPqnhy6
0VI6n8C5AgMBAAECggEAaDNeYcXUMgC4y44C7MaAhjWs6uZVtPDUafyujfrOy+gv
xmRX8BIb5T0gnk9DsSlsMyHZ4GLFvfaZTmfMcRtLMHb+HyK+ERacZ8liW2oP/Mao
uxtSgL0Epz+5F8Cwk9tLXf0w2MC4HDHsHfVyz9lFnSc2SR+Q6w0McHbgiXAicpql
QDjpsX4Q+uaCtDzBS4k9x7c6zzaEnxxHKZPdIOIO8BkfrJRTTjvUjWU1vL3Bg+o8
m+25ukQVldFP5K/AWVUpA/ziZfehyTh940wM1SF33vf7Km08bAec36CeT3/nsjK/
G7nOgHdH3TaoTlo4T3Du9nJ2Sm6MuzcG3rbQ7igMvwKBgQD4nxYCuzaUGVxL1gxS
QVaLSUQi0j/ufi/jvm6ium/2+J8FKq3BBW0ayHilpfZKDFNSWdsLlbvYaRsYkAxc
OBPc9pgMR0MJPKwxESHmginqsgOQhM+GXpN5U3444L8O8osMPRjcSOZLfGokEmm/
2ox4ERyRVKphYe0y8KHlSDsLnwKBgQDtILdbYcFoQqoSprZqPR7sNdvTk3Ga49SS
WjhqfraocB2svSBahwh8ZX4HDHAnYImQ3pm/IFcvrpeIeN973UqqZGIMhEXvpHy9
8LcKEe9zTG7jQsWW8LKt1z29YaJMxznml0OhE2ej/wmbtV9wtBurRWEUYPKaXkmi
qPjqT9VUpwKBgQDjxZN7sxpgeg91pscpAJUSDHBw2mAZ1d937XoceWOkRsghCqWe
xaLcO7dUQwSteDdJpeqo5Wfv7vMVALtiLTn9YKmR7iN7LeuvFDwTm0JdsvLTDum0
96ZyK8zivPws7IX5E2xYPC1IENaI75mUW9v/D+Y1OvTRPM77sTsQ/KijjwKBgFVi
CGPBKVEPYAnjOZ+7bl0Db6oZVzi8fJhOIC5IfiDcbfL7DqFKKgYQzXZgRioHmsEt
RhMJ5BrpNOsRCveg0PfVuXBkWIJXqgsCmAXqO1w601rFejxFYzExZavBch1PR0v+
f32KbTEh7iXBAyKj16quCqy50+E9vinxyd8k693VAoGBAL6b2NZ97nrvzJpygQrB
NwM2L7AKymrV/biBxqjzyjllTU30lVcDrQf3NaY0+1CMzAG9LZctz8q+cLUx+bdX
aIydMvn09tvpfgfY3uYMPbqZcQ6ULdQ4f33UrXw0ttIHXERw83mFYZ3WgaWKYiQy
gif9mpxT8ZEa6GVnQvY9Xw4R
-----END PRIVATE KEY-----
`,
  'ed.key': `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1eWBmu2Sv2V3goM4Vt62CclkX1at4hfUzpqKD5Q0g1
-----END PRIVATE KEY-----
`,
};

interface Row {
  readonly name: string;
  readonly command: string;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
}

function onFiles(command: string): { stdout: string; stderr: string; code: number | undefined } {
  const files = Object.entries(FILES).filter(([name]) => command.includes(name));
  const { stdout, stderr, code } = run(`cd /tmp; ${files.map(([name, text]) => `printf %s '${text}' > ${name}; `).join('')}${command}`);
  return { stdout, stderr: stderr.replaceAll(/^[0-9A-F]{16}(?=:)/gm, '<THREAD>'), code };
}

describe('openssl', () => {
  test.each<Row>([
    {
      name: 'a certificate',
      command: 'openssl x509 -in server.crt -noout -text',
      stdout: `Certificate:
    Data:
        Version: 3 (0x2)
        Serial Number:
            d4:73:5e:3a:26:5e:16:ee
        Signature Algorithm: ecdsa-with-SHA256
        Issuer: CN = kubernetes
        Validity
            Not Before: Dec  1 00:00:00 2025 GMT
            Not After : Jan  5 00:00:00 2027 GMT
        Subject: CN = kube-apiserver
        Subject Public Key Info:
            Public Key Algorithm: id-ecPublicKey
                Public-Key: (256 bit)
                pub:
                    04:f4:54:3d:ae:2e:b8:c7:24:43:d8:2b:e3:ab:5f:
                    9e:ee:34:ee:83:1c:64:34:5f:a6:82:49:6b:c1:bb:
                    c4:52:8b:fe:b4:09:5e:32:fc:ba:a5:81:b7:95:51:
                    41:47:79:f0:9b:87:70:7b:04:5f:06:4c:f2:56:4b:
                    25:17:34:3b:c1
                ASN1 OID: prime256v1
                NIST CURVE: P-256
        X509v3 extensions:
            X509v3 Key Usage: critical
                Digital Signature, Key Encipherment
            X509v3 Extended Key Usage: 
                TLS Web Server Authentication
            X509v3 Basic Constraints: critical
                CA:FALSE
            X509v3 Authority Key Identifier: 
                41:B0:BF:6D:19:1B:C2:D7:07:8E:45:FA:F2:DA:FC:C0:B3:8E:67:14
            X509v3 Subject Alternative Name: 
                DNS:kubernetes, DNS:kubernetes.default.svc, IP Address:10.96.0.1, IP Address:FD00:0:0:0:0:0:0:1
    Signature Algorithm: ecdsa-with-SHA256
    Signature Value:
        30:44:02:20:16:94:1a:30:cb:2c:cf:be:4a:83:04:8b:b1:95:
        50:15:31:8a:26:54:3d:1d:5c:1e:20:1a:26:00:3e:9a:84:c5:
        02:20:7e:25:aa:6c:7d:b4:b2:6e:67:97:1b:57:74:7a:3f:0e:
        18:22:95:0b:87:11:8c:99:14:32:1a:fd:b5:8f:e4:7b
`,
    },
    {
      name: 'a certificate of an RSA key, with a long serial number',
      command: 'openssl x509 -in dev.crt -noout -text',
      stdout: `Certificate:
    Data:
        Version: 3 (0x2)
        Serial Number:
            4f:07:40:85:62:be:db:8b:60:ce:05:c1:de:cf:e3:ad
        Signature Algorithm: ecdsa-with-SHA256
        Issuer: CN = kubernetes
        Validity
            Not Before: Dec  1 00:00:00 2025 GMT
            Not After : Jan  5 00:00:00 2027 GMT
        Subject: O = system:masters, CN = dev
        Subject Public Key Info:
            Public Key Algorithm: rsaEncryption
                Public-Key: (2048 bit)
                Modulus:
                    00:e6:4b:0d:55:bf:e1:d1:42:8e:01:e1:5d:8f:0c:
                    86:5a:84:ea:5b:8c:07:66:a1:44:b2:24:ca:42:bc:
                    8f:a0:21:40:72:44:9c:12:5f:1c:26:aa:e8:3b:91:
                    26:d6:e5:0e:19:26:04:04:33:85:ea:f6:d6:9e:16:
                    d7:7a:e0:4c:35:df:2c:70:90:aa:6a:33:70:a0:35:
                    d1:d4:28:08:ef:0d:fa:1a:03:06:de:3c:80:f6:75:
                    9c:65:62:75:5a:8b:ed:23:a5:76:be:23:99:fb:89:
                    78:92:88:97:0e:11:7a:2e:ce:8e:da:98:96:e4:c8:
                    b6:c1:e2:37:4c:20:af:08:62:f7:56:81:a2:2d:f9:
                    45:98:fd:c9:eb:4a:09:b9:30:95:06:89:df:76:8b:
                    31:09:a8:47:af:0d:a9:57:4e:c6:00:0c:8b:59:05:
                    ee:a4:f7:25:11:e5:3e:e1:3a:e5:58:d0:94:d5:7b:
                    32:eb:af:15:e7:93:87:c2:f8:0d:2f:a1:8c:d1:2a:
                    b2:12:d0:65:43:06:c8:40:6c:6b:4f:cf:5b:28:4d:
                    99:55:23:3e:4a:49:eb:a4:e7:99:f9:1a:d9:7f:3f:
                    ee:e8:ee:df:a2:03:af:7d:5f:88:f8:23:ca:62:f5:
                    5b:00:b0:cd:f1:5c:73:ea:9e:1c:ba:d1:52:3a:9f:
                    c0:b9
                Exponent: 65537 (0x10001)
        X509v3 extensions:
            X509v3 Key Usage: critical
                Digital Signature
            X509v3 Extended Key Usage: 
                TLS Web Client Authentication
            X509v3 Basic Constraints: critical
                CA:FALSE
            X509v3 Authority Key Identifier: 
                41:B0:BF:6D:19:1B:C2:D7:07:8E:45:FA:F2:DA:FC:C0:B3:8E:67:14
    Signature Algorithm: ecdsa-with-SHA256
    Signature Value:
        30:44:02:20:4c:cf:ce:e4:27:ed:12:ab:69:fd:e0:69:06:14:
        0e:65:af:32:cb:e0:37:e0:c0:cc:95:e4:06:ca:f8:78:3d:64:
        02:20:2c:a4:f7:18:cf:74:eb:1b:df:43:c2:bd:2f:62:11:da:
        56:a0:2d:a4:78:92:e5:a8:ad:6d:b5:ef:37:b5:6b:c9
`,
    },
    {
      name: 'whose it is',
      command: 'openssl x509 -noout -subject -issuer -in server.crt',
      stdout: 'subject=CN = kube-apiserver\nissuer=CN = kubernetes\n',
    },
    {
      name: 'a name as RFC 2253 has it',
      command: 'openssl x509 -in dev.crt -noout -subject -nameopt RFC2253',
      stdout: 'subject=CN=dev,O=system:masters\n',
    },
    {
      name: 'what is asked for twice is shown once',
      command: 'openssl x509 -in server.crt -noout -dates -enddate -startdate -serial',
      stdout: `notAfter=Jan  5 00:00:00 2027 GMT
notBefore=Dec  1 00:00:00 2025 GMT
serial=D4735E3A265E16EE
`,
    },
    {
      name: 'fingerprint',
      command: 'openssl x509 -in server.crt -noout -fingerprint',
      stdout: `SHA1 Fingerprint=F9:8F:6B:CA:99:45:58:86:7A:9C:A7:F7:B6:6D:14:8C:D4:0A:47:86
`,
    },
    {
      name: 'fingerprint of a kind',
      command: 'openssl x509 -in server.crt -noout -fingerprint -sha256',
      stdout: `sha256 Fingerprint=06:6D:EA:96:EF:8A:33:97:5F:04:5E:D5:4D:B5:C7:8E:DE:7A:F3:9A:19:FB:38:02:DF:07:0E:74:F7:81:89:71
`,
    },
    {
      name: 'extensions',
      command: 'openssl x509 -in server.crt -noout -ext subjectAltName,keyUsage',
      stdout: `X509v3 Key Usage: critical
    Digital Signature, Key Encipherment
X509v3 Subject Alternative Name: 
    DNS:kubernetes, DNS:kubernetes.default.svc, IP Address:10.96.0.1, IP Address:FD00:0:0:0:0:0:0:1
`,
    },
    {
      name: 'no such extension',
      command: 'openssl x509 -in dev.crt -noout -ext subjectAltName',
      stderr: 'No extensions in certificate\n',
    },
    {
      name: 'it goes on',
      command: 'openssl x509 -in server.crt -noout -checkend 86400',
      stdout: 'Certificate will not expire\n',
    },
    {
      name: 'it ends',
      command: 'openssl x509 -in server.crt -noout -checkend 999999999',
      stdout: 'Certificate will expire\n',
      code: 1,
    },
    {
      name: 'for whom it is',
      command: 'openssl x509 -in server.crt -noout -checkhost kubernetes -checkip 10.96.0.1',
      stdout: `Hostname kubernetes does match certificate
IP 10.96.0.1 does match certificate
`,
    },
    {
      name: 'for whom it is not',
      command: 'openssl x509 -in server.crt -noout -checkhost x -checkip 10.96.0.2',
      stdout: `Hostname x does NOT match certificate
IP 10.96.0.2 does NOT match certificate
`,
    },
    {
      name: 'no certificate',
      command: 'openssl x509 -in rsa.key -noout',
      stderr: `Could not read certificate from rsa.key
<THREAD>:error:1608010C:STORE routines:ossl_store_handle_load_result:unsupported:../crypto/store/store_result.c:149:
Unable to load certificate
`,
      code: 1,
    },
    {
      name: 'no file',
      command: 'openssl x509 -in nofile -noout',
      stderr: `Could not open file or uri for loading certificate from nofile
<THREAD>:error:16000069:STORE routines:ossl_store_get0_loader_int:unregistered scheme:../crypto/store/store_register.c:237:scheme=file
<THREAD>:error:80000002:system library:file_open:No such file or directory:../providers/implementations/storemgmt/file_store.c:266:calling stat(nofile)
Unable to load certificate
`,
      code: 1,
    },
    {
      name: 'trusted',
      command: 'openssl verify -CAfile ca.crt server.crt dev.crt',
      stdout: 'server.crt: OK\ndev.crt: OK\n',
    },
    {
      name: 'whose issuer nobody knows',
      command: 'openssl verify server.crt',
      stderr: `CN = kube-apiserver
error 20 at 0 depth lookup: unable to get local issuer certificate
error server.crt: verification failed
`,
      code: 2,
    },
    {
      name: 'signed by itself',
      command: 'openssl verify ca.crt',
      stderr: `CN = kubernetes
error 18 at 0 depth lookup: self-signed certificate
error ca.crt: verification failed
`,
      code: 2,
    },
    {
      name: 'no file of authorities',
      command: 'openssl verify -CAfile nofile dev.crt',
      stderr: `Error loading file nofile
<THREAD>:error:80000002:system library:BIO_new_file:No such file or directory:../crypto/bio/bss_file.c:67:calling fopen(nofile, r)
<THREAD>:error:10000080:BIO routines:BIO_new_file:no such file:../crypto/bio/bss_file.c:75:
<THREAD>:error:05880002:x509 certificate routines:X509_load_cert_crl_file_ex:system lib:../crypto/x509/by_file.c:229:
`,
      code: 1,
    },
    {
      name: 'no file to verify',
      command: 'openssl verify -CAfile ca.crt nofile',
      stderr: `Could not open file or uri for loading certificate file from nofile
<THREAD>:error:16000069:STORE routines:ossl_store_get0_loader_int:unregistered scheme:../crypto/store/store_register.c:237:scheme=file
<THREAD>:error:80000002:system library:file_open:No such file or directory:../providers/implementations/storemgmt/file_store.c:266:calling stat(nofile)
Unable to load certificate file
`,
      code: 2,
    },
    {
      name: 'a request',
      command: 'openssl req -in dev.csr -noout -text',
      stdout: `Certificate Request:
    Data:
        Version: 1 (0x0)
        Subject: CN = dev, O = group1
        Subject Public Key Info:
            Public Key Algorithm: rsaEncryption
                Public-Key: (2048 bit)
                Modulus:
                    00:e6:4b:0d:55:bf:e1:d1:42:8e:01:e1:5d:8f:0c:
                    86:5a:84:ea:5b:8c:07:66:a1:44:b2:24:ca:42:bc:
                    8f:a0:21:40:72:44:9c:12:5f:1c:26:aa:e8:3b:91:
                    26:d6:e5:0e:19:26:04:04:33:85:ea:f6:d6:9e:16:
                    d7:7a:e0:4c:35:df:2c:70:90:aa:6a:33:70:a0:35:
                    d1:d4:28:08:ef:0d:fa:1a:03:06:de:3c:80:f6:75:
                    9c:65:62:75:5a:8b:ed:23:a5:76:be:23:99:fb:89:
                    78:92:88:97:0e:11:7a:2e:ce:8e:da:98:96:e4:c8:
                    b6:c1:e2:37:4c:20:af:08:62:f7:56:81:a2:2d:f9:
                    45:98:fd:c9:eb:4a:09:b9:30:95:06:89:df:76:8b:
                    31:09:a8:47:af:0d:a9:57:4e:c6:00:0c:8b:59:05:
                    ee:a4:f7:25:11:e5:3e:e1:3a:e5:58:d0:94:d5:7b:
                    32:eb:af:15:e7:93:87:c2:f8:0d:2f:a1:8c:d1:2a:
                    b2:12:d0:65:43:06:c8:40:6c:6b:4f:cf:5b:28:4d:
                    99:55:23:3e:4a:49:eb:a4:e7:99:f9:1a:d9:7f:3f:
                    ee:e8:ee:df:a2:03:af:7d:5f:88:f8:23:ca:62:f5:
                    5b:00:b0:cd:f1:5c:73:ea:9e:1c:ba:d1:52:3a:9f:
                    c0:b9
                Exponent: 65537 (0x10001)
        Attributes:
            (none)
            Requested Extensions:
    Signature Algorithm: sha256WithRSAEncryption
    Signature Value:
        64:9e:70:3a:a9:78:4b:26:e6:03:ba:c4:63:23:4c:ed:e6:5a:
        3f:d6:b0:f5:3d:1f:90:06:9f:c9:a7:1b:85:28:e6:c8:6d:a1:
        c3:18:fc:31:85:e9:ed:5a:2f:25:91:c4:fe:3f:b2:e7:14:b0:
        53:72:b7:67:9d:97:4b:ec:f5:b0:e0:33:02:f9:61:86:55:64:
        be:fc:52:a0:66:f2:d2:db:a4:2a:7d:db:12:f0:a6:b0:06:3b:
        d4:44:fc:e9:76:ee:b0:bc:62:36:69:2a:0a:f1:59:f4:54:90:
        41:05:92:fa:23:0f:30:e0:7b:74:36:71:91:2e:cd:1b:ae:53:
        89:6a:69:32:51:72:4e:19:a4:07:24:4b:65:f9:e4:66:0f:c9:
        05:04:a9:10:12:89:ed:03:91:77:31:6b:2c:1e:a4:a2:c6:d8:
        9a:1e:d1:c6:92:e1:4c:ed:fe:87:a2:b2:41:2c:bf:1b:9a:76:
        27:fe:86:56:b5:53:6a:3a:20:70:91:4a:70:d1:cc:05:f4:cc:
        1c:c8:58:e8:bd:a8:a6:1f:91:47:0e:c0:d8:42:f9:12:f9:10:
        86:e2:b2:e7:3d:bb:eb:5f:78:27:06:c8:e8:c9:0b:b6:34:ff:
        00:03:d8:35:0b:ac:92:7e:bd:82:f1:bf:d5:07:73:91:c8:4d:
        93:c2:5d:ec
`,
    },
    {
      name: 'a request for extensions',
      command: 'openssl req -in ext.csr -noout -text',
      stdout: `Certificate Request:
    Data:
        Version: 1 (0x0)
        Subject: C = DE, O = "Acme, Inc", CN = a
        Subject Public Key Info:
            Public Key Algorithm: id-ecPublicKey
                Public-Key: (256 bit)
                pub:
                    04:f4:54:3d:ae:2e:b8:c7:24:43:d8:2b:e3:ab:5f:
                    9e:ee:34:ee:83:1c:64:34:5f:a6:82:49:6b:c1:bb:
                    c4:52:8b:fe:b4:09:5e:32:fc:ba:a5:81:b7:95:51:
                    41:47:79:f0:9b:87:70:7b:04:5f:06:4c:f2:56:4b:
                    25:17:34:3b:c1
                ASN1 OID: prime256v1
                NIST CURVE: P-256
        Attributes:
            Requested Extensions:
                X509v3 Subject Alternative Name: 
                    DNS:a.b, IP Address:1.2.3.4, email:x@y, URI:http://a
                X509v3 Key Usage: critical
                    Digital Signature
                X509v3 Extended Key Usage: 
                    TLS Web Client Authentication
    Signature Algorithm: ecdsa-with-SHA256
    Signature Value:
        30:46:02:21:00:cc:69:f3:25:27:4d:cb:a3:c8:ce:e3:9b:97:
        80:d0:9c:0d:99:8d:63:36:a3:1a:42:ee:cb:c5:40:95:b1:38:
        f1:02:21:00:94:b3:83:69:c1:ee:87:d1:0d:4c:2d:8f:dd:d3:
        5a:92:d6:e3:38:0a:d8:ad:9f:3d:42:74:a9:8f:86:1f:03:31
`,
    },
    {
      name: 'a request is verified',
      command: 'openssl req -in ext.csr -noout -subject -verify',
      stdout: 'subject=C = DE, O = "Acme, Inc", CN = a\n',
      stderr: 'Certificate request self-signature verify OK\n',
    },
    {
      name: 'no request',
      command: 'openssl req -in ca.crt -noout',
      stderr: `Unable to load X509 request
<THREAD>:error:0480006C:PEM routines:get_name:no start line:../crypto/pem/pem_lib.c:760:Expecting: CERTIFICATE REQUEST
`,
      code: 1,
    },
    {
      name: 'no file with a request',
      command: 'openssl req -in nofile',
      stderr: `Can't open "nofile" for reading, No such file or directory
<THREAD>:error:80000002:system library:BIO_new_file:No such file or directory:../crypto/bio/bss_file.c:67:calling fopen(nofile, r)
<THREAD>:error:10000080:BIO routines:BIO_new_file:no such file:../crypto/bio/bss_file.c:75:
Unable to load X509 request
`,
      code: 1,
    },
    {
      name: 'no name',
      command: 'openssl req -new -key ca.key -subj CN=x',
      stderr: `req: subject name is expected to be in the format /type0=value0/type1=value1/type2=... where characters may be escaped by \\. This name is not in that format: 'CN=x'
`,
      code: 1,
    },
    {
      name: 'a new request',
      command: 'openssl req -new -key rsa.key -subj /CN=dev/O=group1',
      stdout: `-----BEGIN CERTIFICATE REQUEST-----
MIICZDCCAUwCAQAwHzEMMAoGA1UEAwwDZGV2MQ8wDQYDVQQKDAZncm91cDEwggEi
MA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQDmSw1Vv+HRQo4B4V2PDIZahOpb
jAdmoUSyJMpCvI+gIUByRJwSXxwmqug7kSbW5Q4ZJgQEM4Xq9taeFtd64Ew13yxw
kKpqM3CgNdHUKAjvDfoaAwbePID2dZxlYnVai+0jpXa+I5n7iXiSiJcOEXouzo7a
mJbkyLbB4jdMIK8IYvdWgaIt+UWY/cnrSgm5MJUGid92izEJqEevDalXTsYADItZ
Be6k9yUR5T7hOuVY0JTVezLrrxXnk4fC+A0voYzRKrIS0GVDBshAbGtPz1soTZlV
Iz5KSeuk55n5Gtl/P+7o7t+iA699X4j4I8pi9VsAsM3xXHPqnhy60VI6n8C5AgMB
AAGgADANBgkqhkiG9w0BAQsFAAOCAQEAZJ5wOql4SybmA7rEYyNM7eZaP9aw9T0f
kAafyacbhSjmyG2hwxj8MYXp7VovJZHE/j+y5xSwU3K3Z52XS+z1sOAzAvlhhlVk
vvxSoGby0tukKn3bEvCmsAY71ET86XbusLxiNmkqCvFZ9FSQQQWS+iMPMOB7dDZx
kS7NG65TiWppMlFyThmkByRLZfnkZg/JBQSpEBKJ7QORdzFrLB6kosbYmh7RxpLh
TO3+h6KyQSy/G5p2J/6GVrVTajogcJFKcNHMBfTMHMhY6L2oph+RRw7A2EL5EvkQ
huKy5z276194JwbI6MkLtjT/AAPYNQuskn69gvG/1QdzkchNk8Jd7A==
-----END CERTIFICATE REQUEST-----
`,
    },
    {
      name: 'a name with an unknown part',
      command: 'openssl req -new -key rsa.key -subj /CN=dev/XX=a -noout -text',
      stdout: `Certificate Request:
    Data:
        Version: 1 (0x0)
        Subject: CN = dev
        Subject Public Key Info:
            Public Key Algorithm: rsaEncryption
                Public-Key: (2048 bit)
                Modulus:
                    00:e6:4b:0d:55:bf:e1:d1:42:8e:01:e1:5d:8f:0c:
                    86:5a:84:ea:5b:8c:07:66:a1:44:b2:24:ca:42:bc:
                    8f:a0:21:40:72:44:9c:12:5f:1c:26:aa:e8:3b:91:
                    26:d6:e5:0e:19:26:04:04:33:85:ea:f6:d6:9e:16:
                    d7:7a:e0:4c:35:df:2c:70:90:aa:6a:33:70:a0:35:
                    d1:d4:28:08:ef:0d:fa:1a:03:06:de:3c:80:f6:75:
                    9c:65:62:75:5a:8b:ed:23:a5:76:be:23:99:fb:89:
                    78:92:88:97:0e:11:7a:2e:ce:8e:da:98:96:e4:c8:
                    b6:c1:e2:37:4c:20:af:08:62:f7:56:81:a2:2d:f9:
                    45:98:fd:c9:eb:4a:09:b9:30:95:06:89:df:76:8b:
                    31:09:a8:47:af:0d:a9:57:4e:c6:00:0c:8b:59:05:
                    ee:a4:f7:25:11:e5:3e:e1:3a:e5:58:d0:94:d5:7b:
                    32:eb:af:15:e7:93:87:c2:f8:0d:2f:a1:8c:d1:2a:
                    b2:12:d0:65:43:06:c8:40:6c:6b:4f:cf:5b:28:4d:
                    99:55:23:3e:4a:49:eb:a4:e7:99:f9:1a:d9:7f:3f:
                    ee:e8:ee:df:a2:03:af:7d:5f:88:f8:23:ca:62:f5:
                    5b:00:b0:cd:f1:5c:73:ea:9e:1c:ba:d1:52:3a:9f:
                    c0:b9
                Exponent: 65537 (0x10001)
        Attributes:
            (none)
            Requested Extensions:
    Signature Algorithm: sha256WithRSAEncryption
    Signature Value:
        57:74:4b:0f:ec:19:d5:03:ff:f6:71:c5:d2:ee:6a:9d:82:5c:
        f6:52:74:d8:b9:8f:49:0f:2b:3e:ed:cf:f5:dd:69:14:c6:a9:
        89:4c:ed:25:ee:ae:31:80:93:0f:ef:6c:94:5f:ee:86:b7:62:
        6e:86:c2:48:8b:e1:9d:f9:57:28:20:80:03:44:15:37:0b:5c:
        88:26:00:5d:b7:bf:b7:59:50:33:fc:21:f0:38:36:20:3d:77:
        c3:5e:a1:a8:20:19:cd:fb:e2:5d:14:0e:c6:31:f3:d4:f3:fe:
        7c:55:ff:ef:d3:f4:4a:46:5c:cb:d9:33:cd:9d:00:d0:a4:1c:
        f9:b5:c3:07:2f:9e:1e:ae:60:1f:b5:55:77:e6:d2:d8:a0:17:
        00:47:8a:a2:6b:9a:f2:8a:58:7b:f7:88:78:5a:da:e8:98:ca:
        25:8b:50:92:f5:bc:a9:e2:db:a2:c9:21:73:ad:c6:7a:56:1d:
        09:3f:65:ef:a8:23:d0:f6:0f:7a:14:ac:21:1d:7d:1c:53:d0:
        28:d9:8a:f3:e0:38:f8:bc:8e:d2:a9:82:a7:1d:00:75:ea:1c:
        79:f7:10:a8:22:64:cb:7d:48:4e:f5:4f:56:e6:06:6c:a1:5e:
        0d:cb:b1:d1:7f:00:24:80:56:8f:38:07:52:b4:aa:ab:b4:21:
        bc:aa:ac:62
`,
      stderr: 'req warning: Skipping unknown subject name attribute "XX"\n',
    },
    {
      name: 'an RSA key',
      command: 'openssl pkey -in rsa.key -text -noout',
      stdout: `Private-Key: (2048 bit, 2 primes)
modulus:
    00:e6:4b:0d:55:bf:e1:d1:42:8e:01:e1:5d:8f:0c:
    86:5a:84:ea:5b:8c:07:66:a1:44:b2:24:ca:42:bc:
    8f:a0:21:40:72:44:9c:12:5f:1c:26:aa:e8:3b:91:
    26:d6:e5:0e:19:26:04:04:33:85:ea:f6:d6:9e:16:
    d7:7a:e0:4c:35:df:2c:70:90:aa:6a:33:70:a0:35:
    d1:d4:28:08:ef:0d:fa:1a:03:06:de:3c:80:f6:75:
    9c:65:62:75:5a:8b:ed:23:a5:76:be:23:99:fb:89:
    78:92:88:97:0e:11:7a:2e:ce:8e:da:98:96:e4:c8:
    b6:c1:e2:37:4c:20:af:08:62:f7:56:81:a2:2d:f9:
    45:98:fd:c9:eb:4a:09:b9:30:95:06:89:df:76:8b:
    31:09:a8:47:af:0d:a9:57:4e:c6:00:0c:8b:59:05:
    ee:a4:f7:25:11:e5:3e:e1:3a:e5:58:d0:94:d5:7b:
    32:eb:af:15:e7:93:87:c2:f8:0d:2f:a1:8c:d1:2a:
    b2:12:d0:65:43:06:c8:40:6c:6b:4f:cf:5b:28:4d:
    99:55:23:3e:4a:49:eb:a4:e7:99:f9:1a:d9:7f:3f:
    ee:e8:ee:df:a2:03:af:7d:5f:88:f8:23:ca:62:f5:
    5b:00:b0:cd:f1:5c:73:ea:9e:1c:ba:d1:52:3a:9f:
    c0:b9
publicExponent: 65537 (0x10001)
privateExponent:
    68:33:5e:61:c5:d4:32:00:b8:cb:8e:02:ec:c6:80:
    86:35:ac:ea:e6:55:b4:f0:d4:69:fc:ae:8d:fa:ce:
    cb:e8:2f:c6:64:57:f0:12:1b:e5:3d:20:9e:4f:43:
    b1:29:6c:33:21:d9:e0:62:c5:bd:f6:99:4e:67:cc:
    71:1b:4b:30:76:fe:1f:22:be:11:16:9c:67:c9:62:
    5b:6a:0f:fc:c6:a8:bb:1b:52:80:bd:04:a7:3f:b9:
    17:c0:b0:93:db:4b:5d:fd:30:d8:c0:b8:1c:31:ec:
    1d:f5:72:cf:d9:45:9d:27:36:49:1f:90:eb:0d:0c:
    70:76:e0:89:70:22:72:9a:a5:40:38:e9:b1:7e:10:
    fa:e6:82:b4:3c:c1:4b:89:3d:c7:b7:3a:cf:36:84:
    9f:1c:47:29:93:dd:20:e2:0e:f0:19:1f:ac:94:53:
    4e:3b:d4:8d:65:35:bc:bd:c1:83:ea:3c:9b:ed:b9:
    ba:44:15:95:d1:4f:e4:af:c0:59:55:29:03:fc:e2:
    65:f7:a1:c9:38:7d:e3:4c:0c:d5:21:77:de:f7:fb:
    2a:6d:3c:6c:07:9c:df:a0:9e:4f:7f:e7:b2:32:bf:
    1b:b9:ce:80:77:47:dd:36:a8:4e:5a:38:4f:70:ee:
    f6:72:76:4a:6e:8c:bb:37:06:de:b6:d0:ee:28:0c:
    bf
prime1:
    00:f8:9f:16:02:bb:36:94:19:5c:4b:d6:0c:52:41:
    56:8b:49:44:22:d2:3f:ee:7e:2f:e3:be:6e:a2:ba:
    6f:f6:f8:9f:05:2a:ad:c1:05:6d:1a:c8:78:a5:a5:
    f6:4a:0c:53:52:59:db:0b:95:bb:d8:69:1b:18:90:
    0c:5c:38:13:dc:f6:98:0c:47:43:09:3c:ac:31:11:
    21:e6:82:29:ea:b2:03:90:84:cf:86:5e:93:79:53:
    7e:38:e0:bf:0e:f2:8b:0c:3d:18:dc:48:e6:4b:7c:
    6a:24:12:69:bf:da:8c:78:11:1c:91:54:aa:61:61:
    ed:32:f0:a1:e5:48:3b:0b:9f
prime2:
    00:ed:20:b7:5b:61:c1:68:42:aa:12:a6:b6:6a:3d:
    1e:ec:35:db:d3:93:71:9a:e3:d4:92:5a:38:6a:7e:
    b6:a8:70:1d:ac:bd:20:5a:87:08:7c:65:7e:07:0c:
    70:27:60:89:90:de:99:bf:20:57:2f:ae:97:88:78:
    df:7b:dd:4a:aa:64:62:0c:84:45:ef:a4:7c:bd:f0:
    b7:0a:11:ef:73:4c:6e:e3:42:c5:96:f0:b2:ad:d7:
    3d:bd:61:a2:4c:c7:39:e6:97:43:a1:13:67:a3:ff:
    09:9b:b5:5f:70:b4:1b:ab:45:61:14:60:f2:9a:5e:
    49:a2:a8:f8:ea:4f:d5:54:a7
exponent1:
    00:e3:c5:93:7b:b3:1a:60:7a:0f:75:a6:c7:29:00:
    95:12:0c:70:70:da:60:19:d5:df:77:ed:7a:1c:79:
    63:a4:46:c8:21:0a:a5:9e:c5:a2:dc:3b:b7:54:43:
    04:ad:78:37:49:a5:ea:a8:e5:67:ef:ee:f3:15:00:
    bb:62:2d:39:fd:60:a9:91:ee:23:7b:2d:eb:af:14:
    3c:13:9b:42:5d:b2:f2:d3:0e:e9:b4:f7:a6:72:2b:
    cc:e2:bc:fc:2c:ec:85:f9:13:6c:58:3c:2d:48:10:
    d6:88:ef:99:94:5b:db:ff:0f:e6:35:3a:f4:d1:3c:
    ce:fb:b1:3b:10:fc:a8:a3:8f
exponent2:
    55:62:08:63:c1:29:51:0f:60:09:e3:39:9f:bb:6e:
    5d:03:6f:aa:19:57:38:bc:7c:98:4e:20:2e:48:7e:
    20:dc:6d:f2:fb:0e:a1:4a:2a:06:10:cd:76:60:46:
    2a:07:9a:c1:2d:46:13:09:e4:1a:e9:34:eb:11:0a:
    f7:a0:d0:f7:d5:b9:70:64:58:82:57:aa:0b:02:98:
    05:ea:3b:5c:3a:d3:5a:c5:7a:3c:45:63:31:31:65:
    ab:c1:72:1d:4f:47:4b:fe:7f:7d:8a:6d:31:21:ee:
    25:c1:03:22:a3:d7:aa:ae:0a:ac:b9:d3:e1:3d:be:
    29:f1:c9:df:24:eb:dd:d5
coefficient:
    00:be:9b:d8:d6:7d:ee:7a:ef:cc:9a:72:81:0a:c1:
    37:03:36:2f:b0:0a:ca:6a:d5:fd:b8:81:c6:a8:f3:
    ca:39:65:4d:4d:f4:95:57:03:ad:07:f7:35:a6:34:
    fb:50:8c:cc:01:bd:2d:97:2d:cf:ca:be:70:b5:31:
    f9:b7:57:68:8c:9d:32:f9:f4:f6:db:e9:7e:07:d8:
    de:e6:0c:3d:ba:99:71:0e:94:2d:d4:38:7f:7d:d4:
    ad:7c:34:b6:d2:07:5c:44:70:f3:79:85:61:9d:d6:
    81:a5:8a:62:24:32:82:27:fd:9a:9c:53:f1:91:1a:
    e8:65:67:42:f6:3d:5f:0e:11
`,
    },
    {
      name: 'an Ed25519 key',
      command: 'openssl pkey -in ed.key -text -noout',
      stdout: `ED25519 Private-Key:
priv:
    9d:5e:58:19:ae:d9:2b:f6:57:78:28:33:85:6d:eb:
    60:9c:96:45:f5:6a:de:21:7d:4c:e9:a8:a0:f9:43:
    48:35
pub:
    e8:1b:fa:94:31:3e:73:4f:e6:4c:70:fb:00:8a:8a:
    c6:8c:98:90:0e:6b:e8:5e:09:04:61:0e:dd:cc:3d:
    48:28
`,
    },
    {
      name: 'an EC key',
      command: 'openssl ec -in server.key -text -noout',
      stdout: `Private-Key: (256 bit)
priv:
    5e:12:af:ea:af:89:40:8e:69:14:79:8b:c5:0b:e2:
    04:7b:cd:94:43:a0:1a:38:0c:23:c2:81:e5:31:77:
    03:48
pub:
    04:f4:54:3d:ae:2e:b8:c7:24:43:d8:2b:e3:ab:5f:
    9e:ee:34:ee:83:1c:64:34:5f:a6:82:49:6b:c1:bb:
    c4:52:8b:fe:b4:09:5e:32:fc:ba:a5:81:b7:95:51:
    41:47:79:f0:9b:87:70:7b:04:5f:06:4c:f2:56:4b:
    25:17:34:3b:c1
ASN1 OID: prime256v1
NIST CURVE: P-256
`,
      stderr: 'read EC key\n',
    },
    {
      name: 'a public key',
      command: 'openssl ec -in server.key -pubout',
      stdout: `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9FQ9ri64xyRD2Cvjq1+e7jTugxxk
NF+mgklrwbvEUov+tAleMvy6pYG3lVFBR3nwm4dwewRfBkzyVkslFzQ7wQ==
-----END PUBLIC KEY-----
`,
      stderr: 'read EC key\nwriting EC key\n',
    },
    {
      name: 'an RSA key is good',
      command: 'openssl rsa -in rsa.key -check -noout',
      stdout: 'RSA key ok\n',
    },
    {
      name: 'an RSA key as of old',
      command: 'openssl rsa -in rsa.key -traditional',
      stdout: `-----BEGIN RSA PRIVATE KEY-----
MIIEpAIBAAKCAQEA5ksNVb/h0UKOAeFdjwyGWoTqW4wHZqFEsiTKQryPoCFAckSc
El8cJqroO5Em1uUOGSYEBDOF6vbWnhbXeuBMNd8scJCqajNwoDXR1CgI7w36GgMG
3jyA9nWcZWJ1WovtI6V2viOZ+4l4koiXDhF6Ls6O2piW5Mi2weI3TCCvCGL3VoGi
LflFmP3J60oJuTCVBonfdosxCahHrw2pV07GAAyLWQXupPclEeU+4TrlWNCU1Xsy
668V55OHwvgNL6GM0SqyEtBlQwbIQGxrT89bKE2ZVSM+SknrpOeZ+RrZfz/u6O7f
ogOvfV+I+CPKYvVbALDN8Vxz6p4cutFSOp/AuQIDAQABAoIBAGgzXmHF1DIAuMuO
AuzGgIY1rOrmVbTw1Gn8ro36zsvoL8ZkV/ASG+U9IJ5PQ7EpbDMh2eBixb32mU5n
zHEbSzB2/h8ivhEWnGfJYltqD/zGqLsbUoC9BKc/uRfAsJPbS139MNjAuBwx7B31
cs/ZRZ0nNkkfkOsNDHB24IlwInKapUA46bF+EPrmgrQ8wUuJPce3Os82hJ8cRymT
3SDiDvAZH6yUU0471I1lNby9wYPqPJvtubpEFZXRT+SvwFlVKQP84mX3ock4feNM
DNUhd973+yptPGwHnN+gnk9/57Iyvxu5zoB3R902qE5aOE9w7vZydkpujLs3Bt62
0O4oDL8CgYEA+J8WArs2lBlcS9YMUkFWi0lEItI/7n4v475uorpv9vifBSqtwQVt
Gsh4paX2SgxTUlnbC5W72GkbGJAMXDgT3PaYDEdDCTysMREh5oIp6rIDkITPhl6T
eVN+OOC/DvKLDD0Y3EjmS3xqJBJpv9qMeBEckVSqYWHtMvCh5Ug7C58CgYEA7SC3
W2HBaEKqEqa2aj0e7DXb05NxmuPUklo4an62qHAdrL0gWocIfGV+BwxwJ2CJkN6Z
vyBXL66XiHjfe91KqmRiDIRF76R8vfC3ChHvc0xu40LFlvCyrdc9vWGiTMc55pdD
oRNno/8Jm7VfcLQbq0VhFGDyml5Joqj46k/VVKcCgYEA48WTe7MaYHoPdabHKQCV
EgxwcNpgGdXfd+16HHljpEbIIQqlnsWi3Du3VEMErXg3SaXqqOVn7+7zFQC7Yi05
/WCpke4jey3rrxQ8E5tCXbLy0w7ptPemcivM4rz8LOyF+RNsWDwtSBDWiO+ZlFvb
/w/mNTr00TzO+7E7EPyoo48CgYBVYghjwSlRD2AJ4zmfu25dA2+qGVc4vHyYTiAu
SH4g3G3y+w6hSioGEM12YEYqB5rBLUYTCeQa6TTrEQr3oND31blwZFiCV6oLApgF
6jtcOtNaxXo8RWMxMWWrwXIdT0dL/n99im0xIe4lwQMio9eqrgqsudPhPb4p8cnf
JOvd1QKBgQC+m9jWfe5678yacoEKwTcDNi+wCspq1f24gcao88o5ZU1N9JVXA60H
9zWmNPtQjMwBvS2XLc/KvnC1Mfm3V2iMnTL59Pbb6X4H2N7mDD26mXEOlC3UOH99
1K18NLbSB1xEcPN5hWGd1oGlimIkMoIn/ZqcU/GRGuhlZ0L2PV8OEQ==
-----END RSA PRIVATE KEY-----
`,
      stderr: 'writing RSA key\n',
    },
    {
      name: 'no RSA key',
      command: 'openssl rsa -in server.key -noout',
      stderr: 'Not an RSA key\n',
      code: 1,
    },
    {
      name: 'an EC key as PKCS #8',
      command: 'openssl pkey -in server.key',
      stdout: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgXhKv6q+JQI5pFHmL
xQviBHvNlEOgGjgMI8KB5TF3A0ihRANCAAT0VD2uLrjHJEPYK+OrX57uNO6DHGQ0
X6aCSWvBu8RSi/60CV4y/LqlgbeVUUFHefCbh3B7BF8GTPJWSyUXNDvB
-----END PRIVATE KEY-----
`,
    },
    {
      name: 'no option',
      command: 'openssl pkey -foo',
      stderr: `pkey: Unknown cipher: foo
pkey: Use -help for summary.
<THREAD>:error:0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported:../crypto/evp/evp_fetch.c:386:Global default library context, Algorithm (foo : 0), Properties (<null>)
`,
      code: 1,
    },
    {
      name: 'a digest of a kind',
      command: 'openssl dgst -sha256 ca.crt',
      stdout: `SHA2-256(ca.crt)= 96ab4ff4923a62e995d7a549b7c141e469bf60bc5066cc30b977fab980fa05e9
`,
    },
    {
      name: 'a digest',
      command: 'openssl dgst ca.crt',
      stdout: `SHA256(ca.crt)= 96ab4ff4923a62e995d7a549b7c141e469bf60bc5066cc30b977fab980fa05e9
`,
    },
    {
      name: 'a digest of nothing',
      command: 'openssl dgst nofile',
      stderr: `nofile: No such file or directory
<THREAD>:error:80000002:system library:file_ctrl:No such file or directory:../crypto/bio/bss_file.c:297:calling fopen(nofile, r)
<THREAD>:error:10080002:BIO routines:file_ctrl:system lib:../crypto/bio/bss_file.c:300:
`,
      code: 1,
    },
    {
      name: 'base64',
      command: 'openssl base64 -in ca.crt',
      stdout: `LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJtVENDQVVDZ0F3SUJBZ0lJ
YTRheWMvODAvT0V3Q2dZSUtvWkl6ajBFQXdJd0ZURVRNQkVHQTFVRUF3d0sKYTNW
aVpYSnVaWFJsY3pBZUZ3MHlOVEV5TURFd01EQXdNREJhRncwek5URXlNREV3TURB
d01EQmFNQlV4RXpBUgpCZ05WQkFNTUNtdDFZbVZ5Ym1WMFpYTXdXVEFUQmdjcWhr
ak9QUUlCQmdncWhrak9QUU1CQndOQ0FBUXpVN0xrCkFsdFVsTlZlK1JHMnpmVSt6
QmZPZjhIZjJlcEJzSDY2QTZVcFVFL0cyMDJ6aEZUbGVMaUNMY09wSzZDaE14eE0K
UUFDVkFaU2ZDU01Zbm9BZm8zb3dlREFPQmdOVkhROEJBZjhFQkFNQ0FxUXdEd1lE
VlIwVEFRSC9CQVV3QXdFQgovekFkQmdOVkhRNEVGZ1FVUWJDL2JSa2J3dGNIamtY
Njh0cjh3TE9PWnhRd0h3WURWUjBqQkJnd0ZvQVVRYkMvCmJSa2J3dGNIamtYNjh0
cjh3TE9PWnhRd0ZRWURWUjBSQkE0d0RJSUthM1ZpWlhKdVpYUmxjekFLQmdncWhr
ak8KUFFRREFnTkhBREJFQWlCZkdhQVF3dmFqNkVpMVU2dW1jcFN0S1ZjSFRwd0dh
OWZuYUZwM2x0QzFXUUlnRjJhawpkcUdiYnJZaFpjNkZ1ZCsyd09mbFBWdW9NVFVF
K1padkFqWlZnRE09Ci0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K
`,
    },
    {
      name: 'no command',
      command: 'openssl foo',
      stderr: 'Invalid command \'foo\'; type "help" for a list.\n',
      code: 1,
    },
    {
      name: 'nobody signs',
      command: 'openssl x509 -req -in dev.csr',
      stderr: `Certificate request self-signature ok
subject=CN = dev, O = group1
We need a private key to sign with, use -key or -CAkey or -CA with private key
`,
      code: 1,
    },
    {
      name: "another's key",
      command: 'openssl x509 -req -in dev.csr -CA ca.crt -CAkey server.key',
      stderr: `Certificate request self-signature ok
subject=CN = dev, O = group1
CA certificate and CA private key do not match
<THREAD>:error:05800074:x509 certificate routines:X509_check_private_key:key values mismatch:../crypto/x509/x509_cmp.c:403:
`,
      code: 1,
    },
    {
      name: 'no algorithm',
      command: 'openssl genpkey -algorithm foo',
      stderr: `Error initializing foo context
<THREAD>:error:0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported:../crypto/evp/evp_fetch.c:386:Global default library context, Algorithm (foo : 0), Properties (<null>)
`,
      code: 1,
    },
    {
      name: 'no curve',
      command: 'openssl ecparam -name foo',
      stderr: `unable to generate key
<THREAD>:error:0800008D:elliptic curve routines:group_new_from_name:invalid curve:../crypto/ec/ec_lib.c:1490:
`,
      code: 1,
    },
  ])('$name', ({ command, stdout = '', stderr = '', code = 0 }) => {
    expect(onFiles(command)).toEqual({ stdout, stderr, code });
  });

  test.each<Row>([
    {
      name: 'a certificate of an RSA key made here',
      command:
        'openssl genrsa -out k 1024; openssl req -new -key k -subj /CN=dev/O=group1 -out c; openssl x509 -req -in c -CA ca.crt -CAkey ca.key -CAcreateserial -out d -days 9; openssl verify -CAfile ca.crt d; openssl rsa -in k -check -noout; ls ca.srl; openssl x509 -in d -noout -issuer -enddate',
      stdout: 'd: OK\nRSA key ok\nca.srl\nissuer=CN = kubernetes\nnotAfter=Jan 10 00:01:05 2026 GMT\n',
      stderr: 'Certificate request self-signature ok\nsubject=CN = dev, O = group1\n',
    },
    {
      name: 'an authority of its own, and a certificate with names',
      command: [
        'openssl ecparam -name prime256v1 -genkey -noout -out k',
        'openssl req -x509 -new -key k -subj /CN=my-ca -out my.crt',
        'openssl genpkey -algorithm ed25519 -out l',
        'openssl req -new -key l -subj /CN=web -out c',
        'printf "[v3]\\nsubjectAltName = @names\\n[names]\\nDNS.1 = web\\nIP.1 = 10.0.0.1\\n" > x',
        'openssl x509 -req -in c -CA my.crt -CAkey k -out d -extfile x -extensions v3 2>/dev/null',
        'openssl verify -CAfile my.crt d',
        'openssl x509 -in d -noout -ext subjectAltName',
      ].join('; '),
      stdout: 'd: OK\nX509v3 Subject Alternative Name: \n    DNS:web, IP Address:10.0.0.1\n',
    },
    { name: 'a key is for its owner', command: 'openssl genpkey -algorithm ed25519 -out k; stat -c %a k', stdout: '600\n' },
    { name: 'bytes by chance', command: 'openssl rand -hex 8 | wc -c; openssl rand -base64 60 | wc -l', stdout: '17\n2\n' },
    { name: 'from a pipe', command: 'cat server.crt | openssl x509 -noout -subject', stdout: 'subject=CN = kube-apiserver\n' },
  ])('$name', ({ command, stdout = '', stderr = '', code = 0 }) => {
    expect(onFiles(command)).toEqual({ stdout, stderr, code });
  });
});
