package labpack.core;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.ITopic;
import com.hazelcast.core.Member;
import com.hazelcast.core.MemberAttributeEvent;
import com.hazelcast.core.MembershipEvent;
import com.hazelcast.core.MembershipListener;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.HashSet;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.logging.FileHandler;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import labpack.conf.ServerConf;
import labpack.conf.Xml;
import labpack.core.spi.Messages;
import labpack.core.spi.Part;
import labpack.log.Log;
import org.w3c.dom.Element;

/** The cluster of axis2.xml on real Hazelcast; its log lines are those of real-run 5. */
final class HazelcastClusteringAgent implements Part, MembershipListener {
    private static final String TYPE = "org.wso2.carbon.core.clustering.hazelcast.HazelcastClusteringAgent";
    private static final String WKA = "org.wso2.carbon.core.clustering.hazelcast.wka.WKABasedMembershipScheme";
    private static final String UTIL = "org.wso2.carbon.core.clustering.hazelcast.util.MemberUtils";

    private final Set<String> listed = new HashSet<>();
    private final Logger said = Logger.getLogger("com.hazelcast");
    private final Logger joins = Logger.getLogger("com.hazelcast.cluster");
    private volatile CountDownLatch joined = new CountDownLatch(0);
    private volatile HazelcastInstance instance;
    private boolean coordinator;

    @Override
    public int rank() {
        return 40;
    }

    @Override
    public void start() throws Exception {
        ServerConf conf = ServerConf.get();
        Element clustering = conf.clustering();
        if (clustering == null || !"true".equals(clustering.getAttribute("enable"))) {
            Log.info("org.wso2.carbon.core.clustering.hazelcast.ClusterBuilder", "Clustering has been disabled");
            return;
        }
        String domain = Xml.parameter(clustering, "domain", "wso2.carbon.domain");
        String scheme = Xml.parameter(clustering, "membershipScheme", "multicast");
        String host = Xml.parameter(clustering, "localMemberHost", "127.0.0.1");
        Log.info(TYPE, "Cluster domain: " + domain);
        Log.info(TYPE, "Using " + scheme + " based membership management scheme");
        if (host.startsWith("127.") || "localhost".equals(host)) {
            Log.warn(TYPE, "localMemberHost is configured to use the loopback address. "
                    + "Hazelcast Clustering needs ip addresses for localMemberHost & members.");
        }
        long begun = System.currentTimeMillis();
        keepLog(conf);
        Config config = config(conf, clustering, domain, scheme, host);
        joined = new CountDownLatch(1);
        try {
            instance = Hazelcast.newHazelcastInstance(config);
        } finally {
            joined.countDown();
        }
        instance.getCluster().addMembershipListener(this);
        Log.info(TYPE, "Hazelcast initialized in " + (System.currentTimeMillis() - begun) + "ms");
        InetSocketAddress local = instance.getCluster().getLocalMember().getSocketAddress();
        Log.info(TYPE, "Local member: [" + instance.getCluster().getLocalMember().getUuid() + "] - Host:" + host
                + ", Remote Host:null, Port: " + local.getPort() + ", HTTP:" + conf.transportPort("http")
                + ", HTTPS:" + conf.transportPort("https") + ", Domain: " + domain + ", Sub-domain:"
                + property(clustering, "subDomain") + ", Active:true");
        messages();
        elect();
        Log.info(TYPE, "Cluster initialization completed");
    }

    /** One topic of the group carries what members tell each other; their own they do not hear. */
    private void messages() {
        ITopic<String> topic = instance.getTopic("$wso2.messages");
        String own = instance.getCluster().getLocalMember().getUuid() + "\n";
        topic.addMessageListener(message -> {
            String text = message.getMessageObject();
            if (!text.startsWith(own)) {
                Messages.received(text.substring(text.indexOf('\n') + 1));
            }
        });
        Messages.connect(text -> topic.publish(own + text));
    }

    /** TCP/IP list for wka; the member port is not shifted by the offset and counts up where it is taken (carbon 3.1). */
    private Config config(ServerConf conf, Element clustering, String domain, String scheme, String host)
            throws Exception {
        Config config = new Config();
        config.setProperties(properties(conf));
        config.setClassLoader(Hazelcast.class.getClassLoader());
        config.getGroupConfig().setName(domain);
        NetworkConfig network = config.getNetworkConfig();
        int port = Integer.parseInt(Xml.parameter(clustering, "localMemberPort", "4000"));
        network.setPort(port).setPortAutoIncrement(true).setReuseAddress(true);
        network.setPublicAddress(host);
        JoinConfig join = network.getJoin();
        boolean wka = "wka".equals(scheme);
        join.getMulticastConfig().setEnabled(!wka)
                .setMulticastGroup(Xml.parameter(clustering, "mcastAddress", "228.0.0.4"))
                .setMulticastPort(Integer.parseInt(Xml.parameter(clustering, "mcastPort", "45564")));
        join.getTcpIpConfig().setEnabled(wka);
        for (Element m : Xml.children(Xml.at(clustering, "members"), "member")) {
            String address = Xml.text(m, "hostName", "") + ":" + Xml.text(m, "port", "");
            if (wka) {
                listed.add(address);
                join.getTcpIpConfig().addMember(address);
                added(Xml.text(m, "hostName", ""), Xml.text(m, "port", ""));
            }
        }
        return config;
    }

    /** Few threads, quick joins; conf/hazelcast.properties comes last and wins (carbon 3.1). */
    private Properties properties(ServerConf conf) throws Exception {
        Properties p = new Properties();
        p.setProperty("hazelcast.logging.type", "jdk");
        p.setProperty("hazelcast.health.monitoring.level", "OFF");
        p.setProperty("hazelcast.version.check.enabled", "false");
        p.setProperty("hazelcast.phone.home.enabled", "false");
        p.setProperty("hazelcast.shutdownhook.enabled", "false");
        p.setProperty("hazelcast.jmx", "false");
        p.setProperty("hazelcast.memcache.enabled", "false");
        p.setProperty("hazelcast.rest.enabled", "false");
        p.setProperty("hazelcast.io.thread.count", "1");
        p.setProperty("hazelcast.event.thread.count", "1");
        p.setProperty("hazelcast.operation.thread.count", "2");
        p.setProperty("hazelcast.operation.generic.thread.count", "2");
        // By default a member that is gone is noticed after 3 s. Real Carbon needs longer to come to this point, we do not: who
        // is back before the others have noticed elects itself beside them.
        p.setProperty("hazelcast.connection.monitor.max.faults", "1");
        p.setProperty("hazelcast.wait.seconds.before.join", "1");
        p.setProperty("hazelcast.merge.first.run.delay.seconds", "20");
        p.setProperty("hazelcast.merge.next.run.delay.seconds", "10");
        p.setProperty("hazelcast.partition.count", "31");
        File own = new File(conf.home, "repository/conf/hazelcast.properties");
        if (own.exists()) {
            try (InputStream in = new FileInputStream(own)) {
                p.load(in);
            }
        }
        return p;
    }

    /** What Hazelcast itself says goes to a file of the lab's own: a test that failed prints it. Carbon keeps it to itself. */
    private void keepLog(ServerConf conf) throws Exception {
        File folder = new File(conf.home, "repository/logs");
        folder.mkdirs();
        FileHandler file = new FileHandler(new File(folder, "labpack-hazelcast.log").getPath(), true);
        file.setFormatter(new Formatter() {
            @Override
            public String format(LogRecord record) {
                String name = record.getLoggerName();
                Throwable cause = record.getThrown();
                return Instant.ofEpochMilli(record.getMillis()) + " " + record.getLevel() + " "
                        + name.substring(name.lastIndexOf('.') + 1) + " " + record.getMessage().trim()
                        + (cause == null ? "" : " (" + cause + ")") + "\n";
            }
        });
        file.setLevel(Level.FINEST);
        said.setUseParentHandlers(false);
        said.addHandler(file);
        joins.setLevel(Level.FINEST);
    }

    private static String property(Element clustering, String name) {
        for (Element p : Xml.children(clustering, "parameter")) {
            for (Element one : Xml.children(p, "property")) {
                if (name.equals(one.getAttribute("name"))) {
                    return one.getAttribute("value");
                }
            }
        }
        return "__$default";
    }

    private static void added(String host, String port) {
        Log.info(UTIL, "Added member: Host:" + host + ", Remote Host:null, Port: " + port
                + ", HTTP:-1, HTTPS:-1, Domain: null, Sub-domain:null, Active:true");
    }

    /** The oldest member is the coordinator. */
    private synchronized void elect() {
        boolean oldest = instance.getCluster().getMembers().iterator().next().localMember();
        if (oldest && !coordinator) {
            Log.info(TYPE, "Elected this member [" + instance.getCluster().getLocalMember().getUuid()
                    + "] as the Coordinator node");
        }
        coordinator = oldest;
    }

    private static String address(Member m) {
        InetSocketAddress a = m.getSocketAddress();
        return a.getAddress().getHostAddress() + ":" + a.getPort();
    }

    /** Logged by those already there only; an unlisted one is added 2 s later (real-run 5, 9). */
    @Override
    public void memberAdded(MembershipEvent event) {
        Member m = event.getMember();
        Log.info(WKA, "Member joined [" + m.getUuid() + "]: /" + address(m));
        if (!listed.contains(address(m))) {
            Thread t = new Thread(() -> {
                try {
                    Thread.sleep(2000);
                } catch (InterruptedException stop) {
                    return;
                }
                String[] a = address(m).split(":");
                added(a[0], a[1]);
            });
            t.setDaemon(true);
            t.start();
        }
        elect();
    }

    @Override
    public void memberRemoved(MembershipEvent event) {
        Member m = event.getMember();
        Log.info(WKA, "Member left [" + m.getUuid() + "]: /" + address(m));
        if (listed.contains(address(m))) {
            String[] a = address(m).split(":");
            Log.info(UTIL, "WKA member Host:" + a[0] + ", Remote Host:null, Port: " + a[1] + " left cluster.");
        }
        Log.info("org.wso2.carbon.ntask.core.impl.clustered.ClusterGroupCommunicator",
                "Task [registryTasks] member departed [" + m.getUuid() + "]");
        elect();
    }

    @Override
    public void memberAttributeChanged(MemberAttributeEvent event) {
    }

    @Override
    public void stop() throws Exception {
        Messages.connect(null);
        Thread t = new Thread(this::leave);
        t.setDaemon(true);
        t.start();
        // Halted before it has left, a member that is back at once is one whom the others still hold for there: they close
        // its connections, or name it their master, and it elects itself beside them.
        t.join(20000);
    }

    /** One that is just joining leaves once it has. */
    private void leave() {
        try {
            joined.await();
        } catch (InterruptedException end) {
            return;
        }
        if (instance != null) {
            instance.shutdown();
        }
    }
}
