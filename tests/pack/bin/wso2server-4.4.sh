#!/bin/sh
# lab pack, not WSO2 code: a start script of our own that takes the arguments of Carbon 4.4's (carbon 5).


PRG="$0"
while [ -h "$PRG" ]; do
  link=`readlink "$PRG"`
  case "$link" in
    /*) PRG="$link" ;;
    *) PRG=`dirname "$PRG"`/"$link" ;;
  esac
done
PRGDIR=`dirname "$PRG"`

# An inherited CARBON_HOME is kept, right or wrong.
[ -z "$CARBON_HOME" ] && CARBON_HOME=`cd "$PRGDIR/.." ; pwd`

# AXIS2_HOME is the same place.
AXIS2_HOME=$CARBON_HOME

if [ -z "$JAVACMD" ] ; then
  if [ -n "$JAVA_HOME" ] ; then
    JAVACMD="$JAVA_HOME/bin/java"
  else
    JAVACMD=java
  fi
fi

if [ ! -x "$JAVACMD" ] && [ -n "$JAVA_HOME" ] ; then
  echo "Error: JAVA_HOME is not defined correctly."
  echo " CARBON cannot execute $JAVACMD"
  exit 1
fi

if [ -z "$JAVA_HOME" ]; then
  echo "You must set the JAVA_HOME variable before running CARBON."
  exit 1
fi

PID=
if [ -e "$CARBON_HOME/wso2carbon.pid" ]; then
  PID=`tr -d '\000' < "$CARBON_HOME/wso2carbon.pid"`
fi

args=""
for c in "$@"
do
    if [ "$c" = "--debug" ] || [ "$c" = "-debug" ] || [ "$c" = "debug" ]; then
        CMD="--debug"
        continue
    elif [ "$CMD" = "--debug" ] && [ -z "$PORT" ]; then
        PORT=$c
    elif [ "$c" = "--stop" ] || [ "$c" = "-stop" ] || [ "$c" = "stop" ]; then
        CMD="stop"
    elif [ "$c" = "--start" ] || [ "$c" = "-start" ] || [ "$c" = "start" ]; then
        CMD="start"
    elif [ "$c" = "--version" ] || [ "$c" = "-version" ] || [ "$c" = "version" ]; then
        CMD="version"
    elif [ "$c" = "--restart" ] || [ "$c" = "-restart" ] || [ "$c" = "restart" ]; then
        CMD="restart"
    elif [ "$c" = "--test" ] || [ "$c" = "-test" ] || [ "$c" = "test" ]; then
        CMD="test"
    else
        args="$args $c"
    fi
done

if [ "$CMD" = "--debug" ]; then
  if [ "$PORT" = "" ]; then
    echo "Please specify the debug port after the --debug option"
    exit 1
  fi
  echo "Please start the remote debugging client to continue..."
  JAVA_OPTS="$JAVA_OPTS -agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address=$PORT"
elif [ "$CMD" = "start" ]; then
  if [ -e "$CARBON_HOME/wso2carbon.pid" ]; then
    if ps -p $PID > /dev/null 2>&1 ; then
      echo "Process is already running"
      exit 0
    fi
  fi
  export CARBON_HOME=$CARBON_HOME
  # To the background; the caller learns nothing of how it went.
  nohup sh $CARBON_HOME/bin/wso2server.sh $args > /dev/null 2>&1 &
  exit 0
elif [ "$CMD" = "stop" ]; then
  export CARBON_HOME=$CARBON_HOME
  kill -term $PID
  exit 0
elif [ "$CMD" = "restart" ]; then
  export CARBON_HOME=$CARBON_HOME
  kill -term $PID
  process_status=0
  pid=$PID
  while [ "$process_status" -eq "0" ]
  do
    sleep 1;
    ps -p$pid > /dev/null 2>&1
    process_status=$?
  done
  nohup sh $CARBON_HOME/bin/wso2server.sh $args > /dev/null 2>&1 &
  exit 0
elif [ "$CMD" = "version" ]; then
  cat $CARBON_HOME/bin/version.txt
  cat $CARBON_HOME/bin/wso2carbon-version.txt
  exit 0
fi

# Only a warning; bin/lab-pack.txt says that this server runs on any Java from 8 on.
java_version=`"$JAVACMD" -version 2>&1 | grep -c 'version "1\.[78]'`
if [ "$java_version" -eq 0 ] && [ ! -e "$CARBON_HOME/bin/lab-pack.txt" ]; then
   echo " Starting WSO2 Carbon (in unsupported JDK)"
   echo " [ERROR] CARBON is supported only on JDK 1.7 and 1.8"
fi

CARBON_CLASSPATH=""
for f in "$CARBON_HOME"/bin/*.jar "$CARBON_HOME"/lib/*.jar
do
  CARBON_CLASSPATH="${CARBON_CLASSPATH:+$CARBON_CLASSPATH:}$f"
done

TMP_DIR=$CARBON_HOME/tmp
if [ -d "$TMP_DIR" ]; then
  rm -rf "$TMP_DIR"/*
fi
mkdir -p "$TMP_DIR"

echo JAVA_HOME environment variable is set to $JAVA_HOME
echo CARBON_HOME environment variable is set to $CARBON_HOME

cd "$CARBON_HOME"

@>=4.4.3@if [ -z "$JVM_MEM_OPTS" ]; then
@>=4.4.3@   JVM_MEM_OPTS="-Xms256m -Xmx1024m"
@>=4.4.3@fi
@>=4.4.3@echo "Using Java memory options: $JVM_MEM_OPTS"
@>=4.4.3@
START_EXIT_STATUS=121
status=$START_EXIT_STATUS

# The lab's own: a small JVM, so that a cluster of them fits two cores.
LAB_JVM_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xss512k -XX:-UsePerfData"

while [ "$status" = "$START_EXIT_STATUS" ]
do
    $JAVACMD \
@<4.4.3@    -Xms256m -Xmx1024m \
@>=4.4.3@    $JVM_MEM_OPTS \
    -XX:+HeapDumpOnOutOfMemoryError \
    -XX:HeapDumpPath="$CARBON_HOME/repository/logs/heap-dump.hprof" \
    $LAB_JVM_OPTS \
    $JAVA_OPTS \
    -classpath "$CARBON_CLASSPATH" \
    -Djava.io.tmpdir="$CARBON_HOME/tmp" \
    -Dcatalina.base="$CARBON_HOME/lib/tomcat" \
    -Dwso2.server.standalone=true \
    -Dcarbon.registry.root=/ \
    -Djava.command="$JAVACMD" \
    -Dcarbon.home="$CARBON_HOME" \
    -Dcarbon.config.dir.path="$CARBON_HOME/repository/conf" \
    -Dcomponents.repo="$CARBON_HOME/repository/components/plugins" \
    -Dconf.location="$CARBON_HOME/repository/conf"\
    -Djava.security.egd=file:/dev/./urandom \
    -Dfile.encoding=UTF8 \
@>=4.4.1@    -DworkerNode=false \
    org.wso2.carbon.bootstrap.Bootstrap $*
    status=$?
done
