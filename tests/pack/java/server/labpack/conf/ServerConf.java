package labpack.conf;

import java.io.File;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.Collections;
import org.w3c.dom.Element;

/** What the server takes from carbon.xml, axis2.xml, catalina-server.xml, registry.xml and user-mgt.xml. */
public final class ServerConf {
    public final File home;
    public final String profile;
    public final String productName;
    public final String serverKey;
    public final String version;
    public final boolean worker;
    public final int offset;
    public final String hostName;
    public final String mgtHostName;
    public final int rmiRegistryPort;
    public final int rmiServerPort;
    public final Element axis2;
    public final Connector http;
    public final Connector https;
    public final String adminUser;
    public final String adminPassword;
    /** What HTTPS opens the keystore with. */
    public final String keystorePassword;
    public final int updateInterval;
    /** The element DeploymentSynchronizer, or null. */
    public final Element synchronizer;

    private static ServerConf instance;

    /** One Tomcat connector; proxyPort is 0 where none is set, and is never shifted by the offset (carbon 3.2). */
    public static final class Connector {
        public final int port;
        public final int proxyPort;

        Connector(int port, int proxyPort) {
            this.port = port;
            this.proxyPort = proxyPort;
        }
    }

    public static synchronized ServerConf get() throws Exception {
        if (instance == null) {
            instance = new ServerConf();
        }
        return instance;
    }

    private ServerConf() throws Exception {
        home = new File(System.getProperty("carbon.home"));
        profile = System.getProperty("profile", "default");
        worker = "true".equals(System.getProperty("workerNode"));
        Element carbon = Xml.read(new File(home, "repository/conf/carbon.xml"));
        Vault vault = new Vault(home);
        vault.resolve(carbon, "Carbon");
        String name = System.getProperty("labpack.pack.name");
        productName = name.startsWith("WSO2 ") ? name : "WSO2 " + name;
        serverKey = Xml.text(carbon, "ServerKey", "");
        version = Xml.text(carbon, "Version", "");
        offset = Integer.parseInt(System.getProperty("portOffset", Xml.text(carbon, "Ports/Offset", "0")));
        hostName = Xml.text(carbon, "HostName", null);
        mgtHostName = Xml.text(carbon, "MgtHostName", null);
        rmiRegistryPort = Integer.parseInt(Xml.text(carbon, "Ports/JMX/RMIRegistryPort", "9999")) + offset;
        rmiServerPort = Integer.parseInt(Xml.text(carbon, "Ports/JMX/RMIServerPort", "11111")) + offset;
        synchronizer = Xml.at(carbon, "DeploymentSynchronizer");
        updateInterval = Integer.parseInt(Xml.text(carbon, "Axis2Config/DeploymentUpdateInterval", "15"));
        axis2 = Xml.read(new File(home, "repository/conf/axis2/axis2.xml"));
        Element catalina = Xml.read(new File(home, "repository/conf/tomcat/catalina-server.xml"));
        vault.resolve(catalina, "Server");
        keystorePassword = keystorePassword(catalina, Xml.text(carbon, "Security/KeyStore/Password", "wso2carbon"));
        http = connector(catalina, false);
        https = connector(catalina, true);
        Element users = Xml.read(new File(home, "repository/conf/user-mgt.xml"));
        adminUser = Xml.text(users, "Realm/Configuration/AdminUser/UserName", "admin");
        Element password = Xml.at(users, "Realm/Configuration/AdminUser/Password");
        adminPassword = vault.of(password, "UserManager.AdminUser.Password",
                password == null ? "admin" : password.getTextContent().trim());
    }

    /** The Connector's, else the primary keystore's. */
    private static String keystorePassword(Element catalina, String primary) {
        for (Element c : Xml.children(Xml.at(catalina, "Service"), "Connector")) {
            if (!c.getAttribute("keystorePass").isEmpty()) {
                return c.getAttribute("keystorePass");
            }
        }
        return primary;
    }

    private Connector connector(Element catalina, boolean secure) {
        for (Element c : Xml.children(Xml.at(catalina, "Service"), "Connector")) {
            if ("true".equals(c.getAttribute("SSLEnabled")) == secure) {
                String proxy = c.getAttribute("proxyPort");
                return new Connector(Integer.parseInt(c.getAttribute("port")) + offset,
                        proxy.isEmpty() ? 0 : Integer.parseInt(proxy));
            }
        }
        return new Connector((secure ? 9443 : 9763) + offset, 0);
    }

    /** The transport receiver of that name, or null. */
    public Element receiver(String name) {
        for (Element r : Xml.children(axis2, "transportReceiver")) {
            if (name.equals(r.getAttribute("name"))) {
                return r;
            }
        }
        return null;
    }

    /** The port that a member announces: the receiver's own where it is a passthrough, else Tomcat's. */
    public int transportPort(String name) {
        Element r = receiver(name);
        if (r == null || !r.getAttribute("class").contains("passthru")) {
            return "https".equals(name) ? https.port : http.port;
        }
        return Integer.parseInt(Xml.parameter(r, "port", "https".equals(name) ? "8243" : "8280")) + offset;
    }

    public Element clustering() {
        return Xml.at(axis2, "clustering");
    }

    public File deployment() {
        return new File(home, "repository/deployment/server");
    }

    /** The first address that is not loopback, as Carbon announces itself without a HostName. */
    public static String localAddress() throws Exception {
        for (NetworkInterface i : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            for (InetAddress a : Collections.list(i.getInetAddresses())) {
                if (a instanceof Inet4Address && !a.isLoopbackAddress()) {
                    return a.getHostAddress();
                }
            }
        }
        return "localhost";
    }
}
